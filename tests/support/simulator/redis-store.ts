/**
 * The keys of a simulated Redis: the commands of the engine's port, each one atomic step, with Redis' own clock and
 * expiry. What the scripts of `server/cache/redis/scripts.ts` do is done here in the same words. Every change is told
 * to `changed`, as client tracking does.
 */
import type { Command, ScanPage, StampsReply } from '../../../server/cache/index.ts';

export const VALUE = 0x56;
export const LEASE = 0x4c;
export const MARK = 0x4d;

const TICKET_BYTES = 17;
const STAMP_LIFE_MS = 30 * 24 * 3600 * 1000;
const STAMP = /^\w+:\d+;/;
const COUNTER = /^(\w+):(\d+)$/;

/** A string, or what no script of the engine made. */
type Value = Buffer | { fields: Map<string, Buffer> } | 'list';

interface Slot {
  value: Value;
  goneAt: number;
}

/** A whole copy, as a dump file is. */
export type Snapshot = ReadonlyMap<string, Slot>;

export class RedisStore {
  readonly #slots = new Map<string, Slot>();
  readonly #now: () => number;
  readonly #changed: (key: string) => void;

  /** `now`: Redis' own ms. */
  constructor(now: () => number, changed: (key: string) => void) {
    this.#now = now;
    this.#changed = changed;
  }

  /** @throws what Redis itself would refuse, to be put in the reply's place. */
  execute(command: Command): unknown {
    switch (command.op) {
      case 'mget':
        return command.keys.map((key) => this.text(key));
      case 'take':
        return this.#take(command);
      case 'cas':
        return this.#compareAndSet(command);
      case 'set':
        this.put(command.key, command.value, command.px);
        return 'OK';
      case 'stamps':
        return this.#stamps(command);
      case 'soften':
        return this.#soften(command);
      case 'drop':
        return this.#drop(command.keys);
      case 'del':
        return command.keys.filter((key) => this.delete(key)).length;
      case 'mark':
        for (const key of command.keys) this.#mark(key, command.token, command.px);
        return 'OK';
      case 'unmark':
        return command.keys.reduce((values, key) => values + this.#unmark(key, command.token), 0);
      case 'pttl':
        return this.#pttl(command.key);
      case 'claim':
        if (this.#find(command.key)) return false;
        this.put(command.key, Buffer.alloc(0), command.px);
        return true;
      case 'hset':
        return this.#setField(command);
      case 'fold':
        return this.#fold(command);
      case 'hgetall':
        return this.#fieldsOf(command.key);
      case 'publish':
        return 0;
      case 'info':
        return '';
    }
  }

  /** One page of the names in order; whatever stands from the first page to the last is on one of them. */
  scan(pattern: string, { cursor, count }: { cursor: string | null; count: number }): ScanPage {
    const names = [...this.#slots.keys()].filter((name) => this.#find(name)).sort();
    const rest = cursor === null ? names : names.filter((name) => name > cursor);
    const page = rest.slice(0, count);
    const matches = globMatcher(pattern);
    return {
      names: page.filter((name) => matches.test(name)),
      cursor: rest.length > count ? (page.at(-1) as string) : null,
    };
  }

  /** The string that stands there; a key of a wrong type reads as null. */
  text(key: string): Buffer | null {
    const value = this.#find(key)?.value;
    return Buffer.isBuffer(value) ? value : null;
  }

  put(key: string, value: Value, px: number): void {
    this.#slots.set(key, { value, goneAt: this.#now() + Math.max(1, Math.floor(px)) });
    this.#changed(key);
  }

  delete(key: string): boolean {
    const stood = this.#find(key) !== null;
    this.#slots.delete(key);
    if (stood) this.#changed(key);
    return stood;
  }

  /** What Redis does in passing: removes what is gone and says so. Answers the names. */
  expire(): string[] {
    const gone = [...this.#slots].filter(([, { goneAt }]) => goneAt <= this.#now()).map(([key]) => key);
    for (const key of gone) this.#find(key);
    return gone;
  }

  names(): string[] {
    return [...this.#slots.keys()].filter((key) => this.#find(key));
  }

  snapshot(): Snapshot {
    return new Map(
      [...this.#slots].map(([key, { value, goneAt }]) => [key, { value: copyOf(value), goneAt }]),
    );
  }

  /** Nobody is told: whoever listened has lost the connection. */
  restore(snapshot: Snapshot | null): void {
    this.#slots.clear();
    for (const [key, { value, goneAt }] of snapshot ?? [])
      this.#slots.set(key, { value: copyOf(value), goneAt });
  }

  #find(key: string): Slot | null {
    const slot = this.#slots.get(key);
    if (!slot) return null;
    if (slot.goneAt > this.#now()) return slot;
    this.#slots.delete(key);
    this.#changed(key);
    return null;
  }

  #pttl(key: string): number {
    const slot = this.#find(key);
    if (!slot) return -2;
    return slot.goneAt === Number.POSITIVE_INFINITY ? -1 : slot.goneAt - this.#now();
  }

  #take({ key, lease, px }: Extract<Command, { op: 'take' }>): Buffer | null {
    const slot = this.#find(key);
    if (slot && !Buffer.isBuffer(slot.value)) throw wrongType();
    if (slot) return slot.value as Buffer;
    this.put(key, lease, px);
    return null;
  }

  #compareAndSet({ key, expect, value, px }: Extract<Command, { op: 'cas' }>): boolean {
    const slot = this.#find(key);
    if (slot && !Buffer.isBuffer(slot.value)) return false;
    const stands = (slot?.value as Buffer | undefined) ?? Buffer.alloc(0);
    if (!stands.subarray(0, expect.length).equals(expect)) return false;
    if (value && value.length > 0) this.put(key, value, px);
    else this.delete(key);
    return true;
  }

  #keepForEver(key: string, text: string): void {
    this.#slots.set(key, { value: Buffer.from(text), goneAt: Number.POSITIVE_INFINITY });
    this.#changed(key);
  }

  #counter(key: string, fresh: string): { id: string; n: number; isNew: boolean } {
    const match = COUNTER.exec(this.text(key)?.toString() ?? '');
    if (!match) return { id: fresh, n: 0, isNew: true };
    return { id: match[1] as string, n: Number(match[2]), isNew: false };
  }

  #stamps(command: Extract<Command, { op: 'stamps' }>): StampsReply {
    const counter = this.#counter(command.counter, command.id);
    let n = counter.n;
    let era = this.text(command.era)?.toString('latin1');
    if (era === undefined) {
      era = command.id;
      this.#keepForEver(command.era, era);
    }
    const life = Math.max(STAMP_LIFE_MS, 2 * command.px);
    const missing: boolean[] = [];
    const texts = command.keys.map((key, at) => {
      const text = this.text(key)?.toString('latin1') ?? '';
      missing[at] = false;
      if (text.startsWith('M')) return 'M';
      if (STAMP.test(text)) {
        if (this.#pttl(key) < command.px) (this.#find(key) as Slot).goneAt = this.#now() + life;
        return text;
      }
      missing[at] = true;
      const made = `${counter.id}:${++n};0`;
      this.put(key, Buffer.from(made), life);
      return made;
    });
    if (counter.isNew || n !== counter.n) this.#keepForEver(command.counter, `${counter.id}:${n}`);
    return { texts, missing, counter: { id: counter.id, n }, now: this.#now(), era };
  }

  #soften({ counter: name, keys, id }: Extract<Command, { op: 'soften' }>): number {
    const counter = this.#counter(name, id);
    let n = counter.n;
    let softened = 0;
    for (const key of keys) {
      const slot = this.#find(key);
      const hard = /^([^;]*);/.exec(this.text(key)?.toString('latin1') ?? '')?.[1];
      if (!slot || hard === undefined) continue;
      slot.value = Buffer.from(`${hard};${counter.id}:${++n}`);
      this.#changed(key);
      softened++;
    }
    this.#keepForEver(name, `${counter.id}:${n}`);
    return softened;
  }

  #drop(keys: readonly string[]): number {
    let values = 0;
    for (const key of keys) {
      if (this.text(key)?.[0] === VALUE) values++;
      this.delete(key);
    }
    return values;
  }

  #mark(key: string, token: string, px: number): void {
    const now = this.#now();
    const others = marksOf(this.text(key)).filter((mark) => mark.token !== token && mark.goneAt > now);
    const marks = [{ token, goneAt: now + px }, ...others];
    const head = `M${token.slice(0, TICKET_BYTES - 1)}`;
    this.put(key, Buffer.from(head + textOf(marks)), lastOf(marks) - now);
  }

  #unmark(key: string, token: string): number {
    const stands = this.text(key);
    if (stands?.[0] !== MARK) {
      this.delete(key);
      return stands?.[0] === VALUE ? 1 : 0;
    }
    const now = this.#now();
    const left = marksOf(stands).filter((mark) => mark.token !== token && mark.goneAt > now);
    if (left.length === 0) this.delete(key);
    else
      this.put(
        key,
        Buffer.from(stands.toString('latin1', 0, TICKET_BYTES) + textOf(left)),
        lastOf(left) - now,
      );
    return 0;
  }

  #fold({ key, into, stands, value, fields }: Extract<Command, { op: 'fold' }>): boolean {
    const now = this.#fieldsOf(key);
    const isAsSaid = (name: string, bytes: Buffer | null) =>
      (now.get(name)?.toString('hex') ?? null) === (bytes?.toString('hex') ?? null);
    if (!isAsSaid(into, stands) || !fields.every(([name, bytes]) => isAsSaid(name, bytes))) return false;
    for (const [name] of fields) now.delete(name);
    now.set(into, value);
    this.#slots.set(key, { value: { fields: now }, goneAt: Number.POSITIVE_INFINITY });
    this.#changed(key);
    return true;
  }

  #setField({ key, field, value }: Extract<Command, { op: 'hset' }>): number {
    const known = this.#slots.get(key)?.value;
    const fields = typeof known === 'object' && 'fields' in known ? known.fields : new Map<string, Buffer>();
    fields.set(field, value);
    this.#slots.set(key, { value: { fields }, goneAt: Number.POSITIVE_INFINITY });
    this.#changed(key);
    return 1;
  }

  #fieldsOf(key: string): Map<string, Buffer> {
    const value = this.#find(key)?.value;
    return typeof value === 'object' && 'fields' in value ? new Map(value.fields) : new Map();
  }
}

interface Mark {
  token: string;
  goneAt: number;
}

/** The tokens in a mark; none when something else stands there. */
export function marksOf(stands: Buffer | null): Mark[] {
  if (stands?.[0] !== MARK) return [];
  const listed = stands.toString('latin1', TICKET_BYTES).matchAll(/([0-9a-f]+):(\d+)/g);
  return [...listed].map(([, token, goneAt]) => ({ token: token as string, goneAt: Number(goneAt) }));
}

function textOf(marks: readonly Mark[]): string {
  return marks.map(({ token, goneAt }) => `${token}:${Math.floor(goneAt)},`).join('');
}

function lastOf(marks: readonly Mark[]): number {
  return Math.max(...marks.map(({ goneAt }) => goneAt));
}

function wrongType(): Error {
  return new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
}

function copyOf(value: Value): Value {
  return typeof value === 'object' && 'fields' in value ? { fields: new Map(value.fields) } : value;
}

/** Redis' patterns as far as the engine uses them: `*`, `?` and characters made literal by a backslash. */
function globMatcher(pattern: string): RegExp {
  const source = pattern.replace(/\\(.)|[\s\S]/g, (character, literal: string | undefined) => {
    if (literal !== undefined) return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (character === '*') return '[\\s\\S]*';
    if (character === '?') return '[\\s\\S]';
    return character.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`);
}
