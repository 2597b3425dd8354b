/** What the last warm-up of the fleet did, in a line. */
import { milliseconds, plural, timeOfDay } from '../ui/format.ts';
import type { Numbers } from './use-live-numbers.ts';

export function WarmLine({ numbers: { warmUp } }: { numbers: Numbers }) {
  return (
    <p className="dimmed small" data-testid="warm-up">
      {warmUp ? told(warmUp) : 'No warm-up yet.'}
    </p>
  );
}

function told({ at, entries, ms, categories }: NonNullable<Numbers['warmUp']>): string {
  const failures = Object.entries(categories).flatMap(([name, outcome]) =>
    outcome.ok ? [] : [`${name} failed: ${outcome.error}`],
  );
  const amount = plural(entries, 'entry', 'entries');
  return [`Last warm-up: ${timeOfDay(at)}, ${amount} in ${milliseconds(ms)}`, ...failures].join(', ');
}
