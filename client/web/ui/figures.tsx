/** Numbers that are read at a glance: single figures, and a bar of shares with its legend. */
import type { ReactNode } from 'react';
import { count, percent, share } from './format.ts';
import type { Tone } from './states.tsx';

interface FigureProps {
  label: string;
  value: ReactNode;
  /** What the value is made of: its denominator, its period. */
  beside?: ReactNode;
  tone?: Tone;
  testId?: string;
}

export function Figures({ children }: { children: ReactNode }) {
  return <dl className="figures">{children}</dl>;
}

export function Figure({ label, value, beside, tone, testId }: FigureProps) {
  return (
    <div className={`card figure${tone ? ` tone-${tone}` : ''}`} data-testid={testId}>
      <dt>{label}</dt>
      <dd>
        <div className={tone ? 'value tone-text' : 'value'}>{value}</div>
        {beside ? <div className="beside">{beside}</div> : null}
      </dd>
    </div>
  );
}

export interface Part {
  label: string;
  value: number;
  fill: 'fill-1' | 'fill-2' | 'fill-3' | 'fill-bad';
}

/** The parts of a whole as a drawing alone: its numbers must stand in a text beside it. */
export function Bar({ parts }: { parts: Part[] }) {
  return (
    <div className="bar-share" aria-hidden="true">
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span key={part.label} className={part.fill} style={{ flexGrow: part.value }} />
        ))}
    </div>
  );
}

/** The parts of a whole, drawn and said. */
export function ShareBar({ parts }: { parts: Part[] }) {
  const all = parts.reduce((sum, part) => sum + part.value, 0);
  return (
    <>
      <Bar parts={parts} />
      <ul className="legend">
        {parts.map((part) => (
          <li key={part.label}>
            <i className={part.fill} aria-hidden="true" />
            {part.label} <strong>{count(part.value)}</strong>{' '}
            <span className="dimmed">{percent(share(part.value, all), 1)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
