/** Something wider than a phone, scrolled by itself; reachable by keyboard, since that is how some people scroll. */
import type { ReactNode } from 'react';

interface ScrollBoxProps {
  /** What is in it, for those who do not see it. */
  label: string;
  card?: boolean;
  children: ReactNode;
}

export function ScrollBox({ label, card, children }: ScrollBoxProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className={card ? 'card table-scroll' : 'table-scroll'} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
