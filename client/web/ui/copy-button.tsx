/** Copies a text, and says that it did. */
import { useState } from 'react';
import { CopyIcon } from './icons.tsx';

interface CopyButtonProps {
  text: string;
  /** What the button says before; `Copy` where it is clear what. */
  label?: string;
  /** What is copied, where the button shows but a part of it. */
  of?: string;
  className?: string;
}

export function CopyButton({ text, label = 'Copy', of, className = 'link-button' }: CopyButtonProps) {
  const [copied, setCopied] = useState<string | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(text),
      () => setCopied(null),
    );
  return (
    <button type="button" className={className} title={of ? text : undefined} onClick={() => void copy()}>
      <CopyIcon size={14} />
      <span aria-live="polite">
        {of ? <span className="hidden-visually">Copy {of} </span> : null}
        {copied === text ? 'Copied' : label}
      </span>
    </button>
  );
}
