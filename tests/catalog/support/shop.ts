/** A shop of a test file's own: the whole API, ready-made items, and an ear on the cache. */
import { pino } from 'pino';
import type { CacheEvent } from '../../../server/cache/index.ts';
import type { CatalogEvent, Course, Product } from '../../../server/catalog/catalog-kinds.ts';
import type { Context, Role } from '../../../server/trpc/context.ts';
import { type Api, openApi } from '../../support/api.ts';

export const HOUR_MS = 3_600_000;

export interface Shop extends Api {
  course(fields?: Partial<Course>): Promise<Course>;
  product(fields?: Partial<Product>): Promise<Product>;
  event(fields?: Partial<CatalogEvent>): Promise<CatalogEvent>;
  /** Runs the action and tells which keys of the cache it hit, and which it looked for and did not find. */
  listen<T>(action: () => Promise<T>): Promise<Heard<T>>;
  /** Repeats the action until all that it reads are hits, which on a busy machine may take more than two runs. */
  warm<T>(action: () => Promise<T>): Promise<Heard<T>>;
  /** Calls the API without the wire, as that person, and answers the data or the error's code. */
  ask(path: string, input?: object, person?: Asker): Promise<unknown>;
}

export interface Asker {
  id: number;
  role: Role;
  sessionId?: number;
  token?: string;
}

export interface Heard<T> {
  value: T;
  hits: string[];
  misses: string[];
  /** Read past the cache, because Redis took too long to answer. */
  bypassed: string[];
}

let items = 0;

/** Published items unless told otherwise. Nothing of the server may be imported before. */
export async function openShop(env?: Record<string, string>): Promise<Shop> {
  const api = await openApi(env);
  const { cache } = await import('../../../server/app-cache.ts');
  const writes = await import('../../../server/catalog/catalog-writes.ts');
  const { answerTo } = await import('../../../server/trpc/errors.ts');
  const { createCallerFactory } = await import('../../../server/trpc/procedures.ts');
  const { appRouter } = await import('../../../server/root-router.ts');
  const callerFor = createCallerFactory(appRouter);
  const schemas = await import('../../../server/catalog/catalog-schemas.ts');
  const named = (kind: string) => ({ title: `${kind} number ${++items}`, priceCents: 1900, published: true });

  return {
    ...api,
    course: (fields) => writes.createCourse(schemas.courseInput.parse({ ...named('Course'), ...fields })),
    product: (fields) =>
      writes.createProduct(schemas.productInput.parse({ ...named('Product'), type: 'pdf', ...fields })),
    event: (fields) =>
      writes.createEvent(
        schemas.eventInput.parse({
          ...named('Event'),
          startsAt: new Date(Date.now() + 24 * HOUR_MS),
          endsAt: new Date((fields?.startsAt?.getTime() ?? Date.now() + 24 * HOUR_MS) + HOUR_MS),
          zone: 'Europe/Berlin',
          venue: 'Hall 1',
          ...fields,
        }),
      ),
    ask,
    listen,
    warm: async (action) => {
      for (let tries = 1; tries <= 20; tries++) {
        const heard = await listen(action);
        if (heard.hits.length > 0 && heard.misses.length + heard.bypassed.length === 0) return heard;
      }
      throw new Error('Expected only hits within 20 runs');
    },
  };

  async function ask(path: string, input?: object, person?: Asker): Promise<unknown> {
    const procedure = path
      .split('.')
      .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], callerFor(contextOf(person)));
    try {
      return await (procedure as (input?: object) => Promise<unknown>)(input);
    } catch (error) {
      return answerTo(error, input).code;
    }
  }

  async function listen<T>(action: () => Promise<T>): Promise<Heard<T>> {
    const heard: CacheEvent[] = [];
    const silence = cache.on((event) => void heard.push(event));
    const value = await action();
    silence();
    const keysOf = (type: 'hit' | 'miss', bypass = false) =>
      heard.flatMap((event) =>
        event.type === type && (event.type === 'hit' || (event.reason === 'bypass') === bypass)
          ? [event.key]
          : [],
      );
    return { value, hits: keysOf('hit'), misses: keysOf('miss'), bypassed: keysOf('miss', true) };
  }
}

/** What the wire would have told of this person: nothing is limited, and cookies go nowhere. */
function contextOf(person: Asker | undefined): Context {
  return {
    user: person ? { id: person.id, role: person.role, sessionId: person.sessionId ?? 0 } : null,
    token: person?.token ?? null,
    requestId: 'a test',
    ip: '127.0.0.1',
    network: '127.0.0.1',
    userAgent: null,
    log: pino({ level: 'silent' }),
    limits: { take: async () => 0, giveBack: async () => {} },
    setSessionCookie() {},
    clearSessionCookie() {},
  };
}
