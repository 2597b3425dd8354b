import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until the condition holds; fails with what was waited for. Answers how long it took, in ms. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<number> {
  const startedAt = performance.now();
  while (!(await condition())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await sleep(10);
  }
  return performance.now() - startedAt;
}
