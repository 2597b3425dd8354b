/** A read declared once: key, lifetime, tags and query in one place; callers never see the cache. */
import type { Engine } from './engine.ts';
import { InvalidArgumentError } from './errors.ts';
import { expire } from './expire.ts';
import { invalidate } from './invalidate.ts';
import { buildKey, checkKey } from './names.ts';
import { type Plan, policyOf, type Source } from './plan.ts';
import { Popularity } from './popularity.ts';
import { read } from './read.ts';
import { Gathering, lateTagsOf, readMany } from './read-many.ts';
import { withSignal } from './signal.ts';
import type { CachedRead, CallOptions, ReadDefinition } from './types.ts';

/** Ten thousand at once would take longer than their leases live. */
const WARM_SLICE = 500;

interface PlanOptions<A> {
  source?: Source<A>;
  counted?: boolean;
}
const COUNTED = {};
const UNCOUNTED = { counted: false };
const FRESH: CallOptions = { fresh: true };

/** The arguments are their own ids here: two that are equal by key are one. */
export function cachedRead<A, T>(engine: Engine, definition: ReadDefinition<A, T>): CachedRead<A, T> {
  const { namespace } = definition;
  if (namespace === '' || namespace.includes(':'))
    throw new InvalidArgumentError('namespace', 'a text without a colon', namespace);
  const policy = policyOf(definition);
  const { memory, bypass, events, ports } = engine;
  const isDirect = policy.l1 && !Popularity.matters(policy);
  checkKey(namespace);
  const space = engine.plans.namespace(namespace);
  const keyOf = (arg: A): string => buildKey(namespace, definition.key(arg));

  const { tags } = definition;

  const alone: Source<A> = { load: (arg) => definition.load(arg), lateTags: lateTagsOf(definition) };

  /** Keys that were built are well-formed. */
  function plan(
    arg: A,
    call: CallOptions | undefined,
    { source = alone, counted = true }: PlanOptions<A>,
  ): Plan {
    return engine.plans.planIn(space, keyOf(arg), { policy, source, arg, tags: tags?.(arg), call, counted });
  }

  /** The hot path: an L1 hit is one lookup, one clock reading and one counter; its event costs only who asked for it. */
  function get(arg: A, call?: CallOptions): Promise<T> {
    if (call === undefined && memory !== null && isDirect && !bypass()) {
      const key = keyOf(arg);
      const now = ports.clock.now();
      const entry = memory.find(key, now);
      if (entry !== undefined && entry.promise !== null && entry.version === policy.version) {
        entry.counters.hitsL1++;
        if (events.heard.hit) {
          const ageMs = now - entry.storedAt;
          events.emit({ type: 'hit', key, namespace, tier: 'l1', stale: false, ageMs, ms: 0 });
        }
        return entry.promise as Promise<T>;
      }
    }
    return slowly(arg, call);
  }

  /** A key that cannot be is a rejection, like everything that goes wrong with a read. */
  function slowly(arg: A, call: CallOptions | undefined): Promise<T> {
    try {
      const answer = read(engine, plan(arg, call, COUNTED)) as Promise<T>;
      return call?.signal ? withSignal(answer, call.signal) : answer;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async function getMany(args: readonly A[], call?: CallOptions): Promise<T[]> {
    const options = { source: new Gathering(engine, definition) };
    const plans = args.map((arg) => plan(arg, call, options));
    const answers = readMany(engine, plans) as Promise<T[]>;
    return call?.signal ? withSignal(answers, call.signal) : answers;
  }

  async function warmSlice(args: readonly A[]): Promise<string[]> {
    const options = { source: new Gathering(engine, definition), counted: false };
    const plans = args.map((arg) => plan(arg, undefined, options));
    await readMany(engine, plans);
    return plans.map(({ key }) => key);
  }

  return {
    namespace,
    get,
    getMany,
    key: keyOf,
    uncached: (arg) => definition.load(arg),
    async invalidate(...args) {
      await invalidate(engine, { keys: args.map(keyOf) });
    },
    expire: (...args) => expire(engine, { keys: args.map(keyOf) }),
    refresh: (arg) => read(engine, plan(arg, FRESH, UNCOUNTED)) as Promise<T>,
    async warm(args) {
      const keys = new Set<string>();
      for (let first = 0; first < args.length; first += WARM_SLICE)
        for (const key of await warmSlice(args.slice(first, first + WARM_SLICE))) keys.add(key);
      return keys.size;
    },
  };
}
