/** What the standing checker of the process that answers found: sampled reads, compared with the database. */
import { count, plural } from '../ui/format.ts';
import type { Numbers } from './use-live-numbers.ts';

export function ChecksLine({ numbers: { checks } }: { numbers: Numbers }) {
  return (
    <p className="dimmed small" data-testid="checks">
      {checks.checked === 0 ? 'No read compared with the database yet.' : told(checks)}
    </p>
  );
}

function told({ checked, wrongPerMillion, wrong }: Numbers['checks']): string {
  const verdict = `${count(Math.round(wrongPerMillion))} wrong per million`;
  return [`Compared with the database: ${plural(checked, 'read')}, ${verdict}`, ...findings(wrong)].join(
    ', ',
  );
}

/** `user: 2 still wrong after 1,000 ms, in Redis` */
function findings(wrong: Numbers['checks']['wrong']): string[] {
  return Object.entries(wrong).flatMap(([namespace, ages]) =>
    Object.entries(ages).flatMap(([age, causes]) =>
      Object.entries(causes).map(
        ([cause, found]) =>
          `${namespace}: ${count(found)} still wrong after ${age} ms, ${PLACES[cause as 'memory' | 'redis']}`,
      ),
    ),
  );
}

const PLACES = { memory: 'in one memory', redis: 'in Redis' };
