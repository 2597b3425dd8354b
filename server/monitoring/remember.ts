/** Answers every caller within `ms` of the call's beginning by one run of `work`: a flood of probes asks its target once. */
export function remember<T>(ms: number, work: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at >= ms) last = { at: now, answer: work() };
    return last.answer;
  };
}
