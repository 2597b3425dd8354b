/** Why this process should not get requests yet, or no longer: held by whoever knows, asked by `/readyz`. */

const holds = new Set<{ reason: string }>();

/** Keeps `/readyz` at 503 with this reason until the answer is called. */
export function holdReadiness(reason: string): () => void {
  const hold = { reason };
  holds.add(hold);
  return () => void holds.delete(hold);
}

export function readinessHolds(): string[] {
  return [...holds].map((hold) => hold.reason);
}
