/** Shares of a set of measurements, and how a run prints what it found. */

export interface Spread {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

export function spreadText({ count, p50, p99, max }: Spread): string {
  return count === 0 ? 'none' : `${count}: p50 ${p50}, p99 ${p99}, max ${max} ms`;
}

/** A run's figures on standard output, under vitest too, which keeps back what tests log. */
export function report(title: string, figures: object): void {
  process.stdout.write(`${title}\n${linesOf(figures, '  ')}`);
}

function linesOf(figures: object, indent: string): string {
  return Object.entries(figures)
    .map(([name, value]) => `${indent}${name}: ${textOf(value, indent)}\n`)
    .join('');
}

function textOf(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (isSpread(value)) return spreadText(value);
  if (Array.isArray(value)) return value.map((item) => textOf(item, indent)).join('; ');
  return `\n${linesOf(value, `${indent}  `).trimEnd()}`;
}

function isSpread(value: object): value is Spread {
  return 'p99' in value && 'count' in value;
}
