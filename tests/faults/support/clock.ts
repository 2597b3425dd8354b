/** The machine's own monotonic clock, ms with fractions: the same in every process, so instants can be compared. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
