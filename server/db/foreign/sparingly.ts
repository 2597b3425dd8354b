/** What may be said thousands of times a second is said once a minute. */
const QUIET_MS = 60_000;
/** Texts that are remembered; beyond, the quiet begins anew for all. */
const MOST_TEXTS = 100;

/** Says each text at once, and again only when it has not been said for a minute. */
export function sparingly(say: (text: string) => void): (text: string) => void {
  const saidAt = new Map<string, number>();
  return (text) => {
    const last = saidAt.get(text);
    if (last !== undefined && performance.now() - last < QUIET_MS) return;
    if (saidAt.size >= MOST_TEXTS) saidAt.clear();
    saidAt.set(text, performance.now());
    say(text);
  };
}
