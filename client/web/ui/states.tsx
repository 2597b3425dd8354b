/** The states that every view knows beside its content: loading, empty, failed, not allowed. */
import { Button, Skeleton, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { toLarderError } from '../../errors.ts';
import { CopyButton } from './copy-button.tsx';
import { plural } from './format.ts';
import { CheckIcon, CrossIcon, InfoIcon, WarnIcon } from './icons.tsx';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'quiet';

const TONE_ICONS = { ok: CheckIcon, warn: WarnIcon, bad: CrossIcon, info: InfoIcon, quiet: InfoIcon };

interface NoteProps {
  tone: Tone;
  title: string;
  children?: ReactNode;
  /** Announced at once by screen readers. */
  urgent?: boolean;
}

/** A framed message: icon, title and, below, what to do. */
export function Note({ tone, title, children, urgent }: NoteProps) {
  const ToneIcon = TONE_ICONS[tone];
  return (
    <div className={`note tone-${tone}`} role={urgent ? 'alert' : 'status'}>
      <ToneIcon />
      <div className="note-body">
        <strong>{title}</strong>
        {children ? <div>{children}</div> : null}
      </div>
    </div>
  );
}

/** A short state in a word, with its icon. */
export function Pill({ tone, icon, children }: { tone: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={`pill tone-${tone}`}>
      {icon}
      {children}
    </span>
  );
}

/** Grey lines in the shape of what is coming. */
export function Loading({ lines = 4, label = 'Loading' }: { lines?: number; label?: string }) {
  return (
    <Stack gap="sm" aria-busy="true" aria-label={label} role="status">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={`line-${String(line)}`} height={line === 0 ? 28 : 44} radius="md" />
      ))}
    </Stack>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children ? <div className="dimmed">{children}</div> : null}
    </div>
  );
}

/** What failed in the server's words, what to try, and the number of the request for whoever is asked for help. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const failure = toLarderError(error);
  return (
    <Note tone="bad" title={titleOf(failure.status)} urgent>
      <p>{failure.message}</p>
      {failure.retryAfterS ? <p>Try again in {plural(failure.retryAfterS, 'second')}.</p> : null}
      {failure.requestId ? <RequestId id={failure.requestId} /> : null}
      {retry ? (
        <Button variant="default" size="xs" mt="xs" onClick={retry}>
          Try again
        </Button>
      ) : null}
    </Note>
  );
}

function titleOf(status: number): string {
  if (status === 0) return 'The server cannot be reached';
  if (status === 403) return 'Your role does not allow this';
  if (status === 404) return 'There is nothing here';
  if (status === 429) return 'Too many tries';
  return status >= 500 ? 'The server could not answer' : 'This did not work';
}

function RequestId({ id }: { id: string }) {
  return (
    <p className="request-id">
      Request <code>{id}</code>
      <CopyButton text={id} />
    </p>
  );
}
