/** The table, as it stands in the README. */
import { cpus } from 'node:os';
import type { Effort, Measured } from './measure.ts';
import type { Space } from './space.ts';

export interface Result {
  what: string;
  /** Speed against the floor that is aimed at. */
  target: number;
  measured: readonly Measured[];
  rounds: number;
}

export function table(results: readonly Result[]): string {
  const head = [
    '| what | who | us each | CPU us each | speed against the floor (quartiles) | by CPU | target | rounds |',
    '|---|---|---:|---:|---:|---:|---:|---:|',
  ];
  return [...head, ...results.flatMap(linesOf)].join('\n');
}

function linesOf({ what, target, measured, rounds }: Result): string[] {
  return measured.map(({ name, wallUs, cpuUs, ratio, cpuRatio }, at) => {
    const range = `${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}`;
    const cells = [
      at === 0 ? what : '',
      name,
      digits(wallUs),
      digits(cpuUs),
      at === 0 ? 'floor' : `${ratio.median.toFixed(3)} (${range})`,
      at === 0 ? '' : cpuRatio.toFixed(3),
      name === 'Larder' ? target.toFixed(2) : '',
      at === 0 ? rounds : '',
    ];
    return `| ${cells.join(' | ')} |`;
  });
}

function digits(us: number): string {
  return us.toPrecision(3);
}

/** Larder's speed in a row as a multiple of the fastest peer's that has two levels. */
export function overPeers(measured: readonly Measured[], twoLevels: readonly string[]): number {
  const larder = measured.find(({ name }) => name === 'Larder')?.wallUs ?? Number.NaN;
  const peers = measured.filter(({ name }) => twoLevels.includes(name)).map(({ wallUs }) => wallUs);
  return Math.min(...peers) / larder;
}

export function spaceText(space: Space): string {
  return [
    `Redis: ${space.redisBytes} bytes for a user's entry (${space.redisJsonBytes} as bare JSON).`,
    `L1: ${space.heapBytesPerEntry} bytes of the process for an entry, ${space.heapBytesPerHit} allocated by a hit.`,
  ].join('\n');
}

export function circumstances({ rounds, turnMs }: Effort): string {
  const [cpu] = cpus();
  return `Node ${process.version}, ${cpus().length} cores (${cpu?.model.trim()}); ${rounds} rounds of ${turnMs} ms each, in turns.`;
}
