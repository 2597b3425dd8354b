/** The API as a program calls it, and a load of readers and editors of courses that checks every answer. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Versions of courses: the database raises a course's at each edit, so an answer may never fall behind. */
export interface Tally {
  requests: number;
  writes: number;
  stale: number;
  errors: string[];
  /** Answered `SERVICE_UNAVAILABLE`. */
  refused: number;
  slowestMs: number;
}

export async function query(url: string, path: string, input?: unknown, token?: string): Promise<unknown> {
  const question = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify({ json: input }))}`;
  const response = await fetch(`${url}/api/trpc/${path}${question}`, { headers: headersOf(token) });
  return dataOf(path, response);
}

export async function mutate(
  url: string,
  path: string,
  { input, token }: { input: unknown; token?: string },
): Promise<unknown> {
  const response = await fetch(`${url}/api/trpc/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headersOf(token) },
    body: JSON.stringify({ json: input }),
  });
  return dataOf(path, response);
}

function headersOf(token?: string): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** `SERVICE_UNAVAILABLE`: over a limit, or the process cannot keep up; ask again soon. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

const REFUSED = 503;

async function dataOf(path: string, response: Response): Promise<unknown> {
  const text = await response.text();
  if (response.status === REFUSED) throw new RefusedError(`${path} was refused`);
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return (JSON.parse(text) as { result: { data: { json: unknown } } }).result.data.json;
}

/** Repeats what is refused, as a patient program does, for up to 30 s. */
export async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RefusedError) || tries === 30) throw error;
      await sleep(1000);
    }
  }
}

interface Course {
  id: number;
  version: number;
}

export interface CourseLoad {
  /** The figures since the last question. */
  tally(): Tally;
  stop(): Promise<void>;
}

const PEOPLE = 6;
const WRITE_SHARE = 0.01;
const PAUSE_MS = 4;

/** People who look at courses, and now and then edit one as the admin. */
export function startCourseLoad(url: string, token: string, courses: readonly Course[]): CourseLoad {
  const known = new Map(courses.map(({ id, version }) => [id, version]));
  const ids = [...known.keys()];
  const edited = new Set<number>();
  let tally = emptyTally();
  let isOver = false;

  async function look(id: number): Promise<void> {
    const least = known.get(id) as number;
    const { version } = (await query(url, 'catalog.courses.byId', { id })) as Course;
    if (version < least) tally.stale++;
  }

  async function edit(id: number): Promise<void> {
    edited.add(id);
    try {
      const input = { id, version: known.get(id), title: `Course ${id}, edit ${known.get(id)}` };
      await mutate(url, 'catalog.courses.update', { input, token });
      known.set(id, (known.get(id) as number) + 1);
      tally.writes++;
    } finally {
      edited.delete(id);
    }
  }

  function note(error: unknown): void {
    if (error instanceof RefusedError) tally.refused++;
    else tally.errors.push(String(error));
  }

  async function person(): Promise<void> {
    while (!isOver) {
      const id = ids[Math.floor(Math.random() ** 2 * ids.length)] as number;
      const isEdit = Math.random() < WRITE_SHARE && !edited.has(id);
      const from = performance.now();
      await (isEdit ? edit(id) : look(id)).catch(note);
      tally.requests++;
      tally.slowestMs = Math.max(tally.slowestMs, performance.now() - from);
      await sleep(Math.random() * 2 * PAUSE_MS);
    }
  }

  const people = Array.from({ length: PEOPLE }, person);
  return {
    tally() {
      const told = tally;
      tally = emptyTally();
      return told;
    },
    async stop() {
      isOver = true;
      await Promise.all(people);
    },
  };
}

function emptyTally(): Tally {
  return { requests: 0, writes: 0, stale: 0, errors: [], refused: 0, slowestMs: 0 };
}
