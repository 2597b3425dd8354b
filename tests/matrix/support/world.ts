/** What every case starts from: three people with sessions, items, what they hold, wrote and handed in. */
import type { CatalogEvent, Course, Product } from '../../../server/catalog/catalog-kinds.ts';
import type { Role } from '../../../server/trpc/context.ts';
import { type Asker, HOUR_MS, type Shop } from '../../catalog/support/shop.ts';

export type Person = 'actor' | 'other' | 'admin';

export interface Somebody extends Required<Asker> {
  email: string;
  /** A second session of theirs. */
  spare: { sessionId: number; token: string };
}

export interface World {
  round: number;
  people: Record<Person, Somebody>;
  A: Course;
  B: Course;
  D: Course;
  P: Product;
  Q: Product;
  E: CatalogEvent;
  F: CatalogEvent;
  /** When the next event begins, of all worlds so far. */
  firstStart: Date;
  X: number;
  Y: number;
  enrollment: number;
  purchase: number;
  booking: number;
  /** Jobs of the actor by their status. */
  completed: number;
  pending: number;
  failed: number;
  /** A course that an import brought, where one did. */
  imported?: number;
}

export const PASSWORD = 'the password of everybody';

let passwordHash: Promise<string> | undefined;
let firstStart: Date | undefined;
let rounds = 0;

export async function newWorld(shop: Shop): Promise<World> {
  const round = ++rounds;
  const word = `alpha${round}`;
  const [actor, other, admin] = await Promise.all([
    somebody('member'),
    somebody('member'),
    somebody('admin'),
  ]);
  const people = { actor, other, admin };
  const act = async (path: string, input: object, person: Somebody) => {
    const answer = await shop.ask(path, input, person);
    if (typeof answer === 'string') throw new Error(`${path}: ${answer}`);
    return (answer as { id: number }).id;
  };
  const world = {
    A: await shop.course({ title: `${word} one`, level: 'beginner' }),
    B: await shop.course({ level: 'advanced' }),
    D: await shop.course({ published: false }),
    P: await shop.product({ type: 'pdf', category: 'books', stock: 5 }),
    Q: await shop.product({ type: 'video', category: 'films' }),
    E: await shop.event({ startsAt: new Date(Date.now() + 24 * HOUR_MS), seats: 5 }),
    F: await shop.event({ startsAt: new Date(Date.now() + 48 * HOUR_MS) }),
    X: await act('posts.create', { title: 'X', text: 'x' }, actor),
    Y: await act('posts.create', { title: 'Y', text: 'y' }, other),
  };
  await act('posts.upvote', { id: world.X }, other);
  await act('follows.follow', { userId: other.id }, actor);
  await act('follows.follow', { userId: actor.id }, other);
  await act('library.enroll', { courseId: world.B.id }, other);
  firstStart ??= world.E.startsAt;
  return {
    round,
    firstStart,
    people,
    ...world,
    enrollment: await act('library.enroll', { courseId: world.A.id }, actor),
    purchase: await act('library.purchase', { productId: world.P.id }, actor),
    booking: await act('library.book', { eventId: world.E.id }, actor),
    completed: await newJob(actor.id, 'completed'),
    pending: await newJob(actor.id, 'pending'),
    failed: await newJob(actor.id, 'failed'),
  };
}

async function somebody(role: Role): Promise<Somebody> {
  const { write } = await import('../../../server/db/index.ts');
  const { users } = await import('../../../drizzle/schema.ts');
  const { hashPassword } = await import('../../../server/sessions/passwords.ts');
  passwordHash ??= hashPassword(PASSWORD);
  const email = `${Math.random()}@example.org`;
  const row = { username: 'Somebody', email, passwordHash: await passwordHash, role };
  const [id = 0] = await write((tx) => tx.insert(users, row));
  return { id, role, email, ...(await newSession(id)), spare: await newSession(id) };
}

async function newSession(userId: number): Promise<{ sessionId: number; token: string }> {
  const { write } = await import('../../../server/db/index.ts');
  const { sessions } = await import('../../../drizzle/schema.ts');
  const { hashOfToken, newToken } = await import('../../../server/sessions/tokens.ts');
  const token = newToken();
  const expiresAt = new Date(Date.now() + 24 * HOUR_MS);
  const row = { userId, tokenHash: hashOfToken(token), userAgent: null, address: '127.0.0.1', expiresAt };
  const [sessionId = 0] = await write((tx) => tx.insert(sessions, row));
  return { sessionId, token };
}

/** A job as the workers would have left it. */
async function newJob(userId: number, status: 'completed' | 'pending' | 'failed'): Promise<number> {
  const { write } = await import('../../../server/db/index.ts');
  const { jobResults, jobRows, jobs, uploads } = await import('../../../drizzle/schema.ts');
  return write(async (tx) => {
    const [uploadId = 0] = await tx.insert(uploads, { userId, fileName: 'c.csv', size: 1 });
    const job = { userId, uploadId, type: 'contacts', status, fileName: 'c.csv', fileBytes: 1, config: {} };
    const [jobId = 0] = await tx.insert(jobs, job);
    if (status !== 'completed') return jobId;
    await tx.insert(jobResults, { jobId, summary: { rows: 1 } });
    await tx.insert(jobRows, {
      jobId,
      rowIndex: 0,
      input: { email: 'x' },
      output: null,
      valid: false,
      notes: {},
    });
    return jobId;
  });
}
