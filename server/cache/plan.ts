/** One read, prepared: every name and rule that its steps need, derived once before the load (never again after it). */

import type { CounterBook, NamespaceCounters } from './counters.ts';
import { InvalidArgumentError } from './errors.ts';
import { checkKey, type NameBook, namespaceOf } from './names.ts';
import { Heads } from './slot.ts';
import type { CallOptions, ReadPolicy } from './types.ts';

/** A read's policy in ms, defaults filled in. */
export interface Policy {
  ttlMs: number;
  negativeTtlMs: number;
  jitter: number;
  swrMs: number;
  sieMs: number;
  beta: number;
  adaptive: { minMs: number; maxMs: number } | null;
  softMs: number | null;
  hardMs: number;
  l1: boolean;
  admission: { asks: number; windowMs: number } | null;
  version: string;
}

/** What is the same for all keys of a namespace. */
export interface Namespace {
  name: string;
  stamp: string;
  counters: NamespaceCounters;
  /** Stamps of every key: the application's and the namespace's. */
  stamps: readonly string[];
  /** The next entry most likely carries one of them. */
  heads: Heads;
  /** How many looks in a row have found nothing. */
  absences: number;
}

/** Where a value comes from. One source serves many plans, so a plan needs no closure of its own. */
export interface Source<A> {
  load(arg: A): Promise<unknown>;
  /** Tags that only the value tells; null when there are none. */
  lateTags: ((arg: A, value: unknown) => readonly string[]) | null;
}

/** Of what is looked up and never loaded. */
export const NOWHERE: Source<null> = { load: () => Promise.resolve(null), lateTags: null };

export interface Plan {
  readonly key: string;
  readonly slot: string;
  readonly namespace: Namespace;
  /** Stamps known from the key: application, namespace, early tags. */
  readonly stamps: readonly string[];
  readonly policy: Policy;
  readonly call: CallOptions;
  /** Warming is no read and is not counted. */
  readonly counted: boolean;
  readonly source: Source<unknown>;
  /** For the source alone. */
  readonly arg: unknown;
}

export const DEFAULT_NEGATIVE_TTL_S = 30;
export const DEFAULT_JITTER = 0.1;
export const DEFAULT_HARD_TIMEOUT_MS = 10_000;

export function policyOf(options: Partial<ReadPolicy> & { ttl: number }): Policy {
  checkSeconds('ttl', options.ttl);
  const { adaptiveTtl, admission } = options;
  return {
    ttlMs: options.ttl * 1000,
    negativeTtlMs: Math.min(options.negativeTtl ?? DEFAULT_NEGATIVE_TTL_S, options.ttl) * 1000,
    jitter: options.jitter ?? DEFAULT_JITTER,
    swrMs: (options.staleWhileRevalidateS ?? 0) * 1000,
    sieMs: (options.staleIfErrorS ?? 0) * 1000,
    beta: options.refreshAhead ?? 0,
    adaptive: adaptiveTtl ? { minMs: adaptiveTtl.min * 1000, maxMs: adaptiveTtl.max * 1000 } : null,
    softMs: options.softTimeoutMs ?? null,
    hardMs: options.hardTimeoutMs ?? DEFAULT_HARD_TIMEOUT_MS,
    l1: options.l1 ?? true,
    admission: admission ? { asks: admission.asks, windowMs: admission.windowS * 1000 } : null,
    version: (options.version ?? '').replaceAll('\0', ''),
  };
}

/** Of a look that has no shape of its own. No entry carries it, because NUL is taken out of versions. */
export const ANY_VERSION = '\0';

/** Does an entry of this version answer a plan of that policy? */
export function fitsVersion(version: string, asked: string): boolean {
  return asked === version || asked === ANY_VERSION;
}

/** @throws InvalidArgumentError */
export function checkSeconds(what: string, seconds: unknown): asserts seconds is number {
  if (typeof seconds !== 'number' || !(seconds > 0) || !Number.isFinite(seconds))
    throw new InvalidArgumentError(what, 'a number of seconds above 0', seconds);
}

const NO_OPTIONS: CallOptions = {};

/** Namespaces come from keys; this many are remembered, the rest are made anew each time. */
const MAX_REMEMBERED = 1000;

export class PlanBook {
  readonly #names: NameBook;
  readonly #counters: CounterBook;
  readonly #namespaces = new Map<string, Namespace>();

  constructor(names: NameBook, counters: CounterBook) {
    this.#names = names;
    this.#counters = counters;
  }

  namespace(name: string): Namespace {
    const known = this.#namespaces.get(name);
    if (known) return known;
    const stamp = this.#names.namespace(name);
    const counters = this.#counters.of(name);
    const namespace: Namespace = {
      name,
      stamp,
      counters,
      stamps: [this.#names.app, stamp],
      heads: new Heads(),
      absences: 0,
    };
    if (this.#namespaces.size < MAX_REMEMBERED) this.#namespaces.set(name, namespace);
    return namespace;
  }

  /** @throws InvalidArgumentError */
  plan<A>(key: string, parts: PlanParts<A>): Plan {
    checkKey(key);
    return this.planIn(this.namespace(namespaceOf(key)), key, parts);
  }

  /** For keys that are known to be well-formed. */
  planIn<A>(namespace: Namespace, key: string, parts: PlanParts<A>): Plan {
    const { policy, source, arg, tags, call, counted } = parts;
    return {
      key,
      slot: this.#names.slot(key),
      namespace,
      stamps: tags === undefined || tags.length === 0 ? namespace.stamps : this.#stamps(namespace, tags),
      policy,
      call: call ?? NO_OPTIONS,
      counted: counted ?? true,
      source: source as Source<unknown>,
      arg,
    };
  }

  #stamps(namespace: Namespace, tags: readonly string[]): readonly string[] {
    return [...namespace.stamps, ...tags.map((tag) => this.#names.tag(tag))];
  }
}

export interface PlanParts<A> {
  policy: Policy;
  source: Source<A>;
  arg: A;
  tags?: readonly string[] | undefined;
  call?: CallOptions | undefined;
  counted?: boolean | undefined;
}
