/** What monitoring asks of parts that know the slices, given to it by `app.ts`: it imports none of them. */
/** Entries of the job queue by state, and the workers attached to it. */
export interface QueueEntries {
  waiting: number;
  active: number;
  delayed: number;
  workers: number;
}

/** What a warm-up did, by category. */
export interface WarmReport {
  ok: boolean;
  entries: number;
  ms: number;
  /** When it ended, and what it was done for: `start`, `schedule`, `import` or `operator`. */
  at: Date;
  reason: string;
  categories: Record<string, { ms: number } & ({ ok: true; entries: number } | { ok: false; error: string })>;
}

export interface Provided {
  /** Null when nothing can be warmed, because Redis is away. */
  warm(): Promise<WarmReport | null>;
  /** The fleet's last one; null before the first, and while Redis is away. */
  lastWarmUp(): Promise<WarmReport | null>;
  /** Hears of every warm-up of this process. Answers how to stop listening. */
  onWarmUp(listener: (report: WarmReport) => void): () => void;
  /** Null while the queue's Redis is away. */
  queueCounts(): Promise<QueueEntries | null>;
}

let given: Provided | undefined;

export function provide(parts: Provided): void {
  given = parts;
}

/** Throws before `provide` was called. */
export function provided(): Provided {
  if (!given) throw new Error('Monitoring was asked before app.ts gave it its parts');
  return given;
}
