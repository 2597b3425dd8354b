/** Reads without a declaration: a key, a lifetime and a loader. */
import type { Engine } from './engine.ts';
import { type Policy, policyOf } from './plan.ts';
import { read } from './read.ts';
import { Gathering, readMany } from './read-many.ts';
import { withSignal } from './signal.ts';
import type { GetOrSetManyOptions, GetOrSetOptions } from './types.ts';

const PLAIN_POLICIES = new Map<number, Policy>();
const MAX_PLAIN_POLICIES = 100;

export async function getOrSet<T>(
  engine: Engine,
  { key, ttl, load }: { key: string; ttl: number; load: () => Promise<T> },
  options?: GetOrSetOptions<T>,
): Promise<T> {
  const tags = options?.tags;
  const lateTags = typeof tags === 'function' ? (_: null, value: unknown) => tags(value as T) : null;
  const plan = engine.plans.plan(key, {
    policy: options ? policyOf({ ...options, ttl }) : plainPolicy(ttl),
    source: { load, lateTags },
    arg: null,
    tags: typeof tags === 'object' ? tags : [],
    call: options,
  });
  const answer = read(engine, plan) as Promise<T>;
  return options?.signal ? withSignal(answer, options.signal) : answer;
}

export async function getOrSetMany<K, T>(
  engine: Engine,
  ids: readonly K[],
  options: GetOrSetManyOptions<K, T>,
): Promise<T[]> {
  const { key, ttl, load, tags, ...rest } = options;
  const policy = policyOf({ ...rest, ttl });
  const source = new Gathering<K, T>(engine, { load: loadOne, loadMany: load, tags });
  const plans = ids.map((id) =>
    engine.plans.plan(key(id), { policy, source, arg: id, tags: tags?.(id), call: rest }),
  );
  const answers = readMany(engine, plans) as Promise<T[]>;
  return rest.signal ? withSignal(answers, rest.signal) : answers;

  async function loadOne(id: K): Promise<T> {
    return (await load([id])).get(id) as T;
  }
}

function plainPolicy(ttl: number): Policy {
  const known = PLAIN_POLICIES.get(ttl);
  if (known) return known;
  const policy = policyOf({ ttl });
  if (PLAIN_POLICIES.size < MAX_PLAIN_POLICIES) PLAIN_POLICIES.set(ttl, policy);
  return policy;
}
