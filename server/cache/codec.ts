/**
 * A value as bytes and back, the same types on both sides (P5).
 *
 * Measured (Node 20, one user of 10 fields with 2 Dates / 200 of them, decode in us; JSON.parse loses the Dates):
 *   JSON.parse 0.86 / 167 · msgpackr map 0.87 / 273 · records in the payload 1.73 / 119 · shared structures 0.62 / 198
 *   v8.deserialize 2.96 / 255
 * So: maps for one object, records for lists, both self-contained: nothing beside the payload has to survive a
 * restart or a deploy. What msgpackr would change (-0, lone surrogates, holes, a key "__proto__", class instances,
 * other typed arrays) goes through V8's structured clone.
 */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Packr } from 'msgpackr';

/** How a payload is written; the number stands in the entry's header. */
export const CODEC = { null: 0, undefined: 1, map: 2, records: 3, clone: 4 } as const;
export const COMPRESSED = 0x80;

export interface Encoded {
  /** One of `CODEC`, plus `COMPRESSED`. */
  codec: number;
  bytes: Buffer;
}

const EMPTY = Buffer.alloc(0);
const LONE_SURROGATE = /\p{Surrogate}/u;
const MAX_DEPTH = 200;
/** Whole seconds up to here survive msgpack's timestamps exactly, with milliseconds. */
const LAST_EXACT_DATE = 2 ** 34 * 1000;

const maps = new Packr({ useRecords: false, moreTypes: true, copyBuffers: true });
const records = new Packr({ useRecords: true, moreTypes: true, copyBuffers: true });

/** @throws whatever the value does not bear: functions, symbols, promises. */
export function encode(value: unknown, compressAboveBytes: number): Encoded {
  if (value === null) return { codec: CODEC.null, bytes: EMPTY };
  if (value === undefined) return { codec: CODEC.undefined, bytes: EMPTY };
  const codec = CODEC_FOR[classify(value, 0)];
  const bytes = write(codec, value);
  if (bytes.length <= compressAboveBytes) return { codec, bytes };
  const small = deflateRawSync(bytes, { level: 1 });
  return small.length < bytes.length * 0.9 ? { codec: codec | COMPRESSED, bytes: small } : { codec, bytes };
}

/** @throws when the bytes are not what the codec writes. */
export function decode({ codec, bytes }: Encoded): unknown {
  const plain = codec & COMPRESSED ? inflateRawSync(bytes) : bytes;
  switch (codec & ~COMPRESSED) {
    case CODEC.null:
      return null;
    case CODEC.undefined:
      return undefined;
    case CODEC.map:
      return maps.unpack(plain);
    case CODEC.records:
      return records.unpack(plain);
    case CODEC.clone:
      return deserialize(plain);
    default:
      throw new RangeError(`Unknown codec ${codec}.`);
  }
}

function write(codec: number, value: unknown): Buffer {
  if (codec === CODEC.clone) return serialize(value);
  return (codec === CODEC.records ? records : maps).pack(value);
}

/** What must write a value: the greatest need of anything in it decides. */
const NEED = { maps: 0, records: 1, clone: 2 } as const;
type Need = (typeof NEED)[keyof typeof NEED];
const CODEC_FOR = [CODEC.map, CODEC.records, CODEC.clone] as const;

/** The least demanding codec that gives back exactly this. */
function classify(value: unknown, depth: number): Need {
  switch (typeof value) {
    case 'string':
      return LONE_SURROGATE.test(value) ? NEED.clone : NEED.maps;
    case 'number':
      return Object.is(value, -0) ? NEED.clone : NEED.maps;
    case 'object':
      if (value === null) return NEED.maps;
      return depth < MAX_DEPTH ? classifyObject(value, depth + 1) : NEED.clone;
    case 'function':
    case 'symbol':
      return NEED.clone;
    default:
      return NEED.maps;
  }
}

function classifyObject(value: object, depth: number): Need {
  if (Array.isArray(value)) return classifyArray(value, depth);
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return classifyFields(value as Record<string, unknown>, depth);
  if (prototype === Date.prototype) return isExactDate(value as Date) ? NEED.maps : NEED.clone;
  if (prototype === Map.prototype || prototype === Set.prototype)
    return classifyCollection(value as Map<unknown, unknown>, depth);
  return prototype === Buffer.prototype ? NEED.maps : NEED.clone;
}

/** Rows side by side are what records are for. */
function classifyArray(value: unknown[], depth: number): Need {
  let need: Need = value.length > 1 && typeof value[0] === 'object' ? NEED.records : NEED.maps;
  for (let index = 0; index < value.length; index++) {
    const item = value[index];
    if (item === undefined && !(index in value)) return NEED.clone;
    need = Math.max(need, classify(item, depth)) as Need;
    if (need === NEED.clone) return need;
  }
  return need;
}

function classifyFields(value: Record<string, unknown>, depth: number): Need {
  let need: Need = NEED.maps;
  for (const key in value) {
    if (key === '__proto__' || LONE_SURROGATE.test(key)) return NEED.clone;
    need = Math.max(need, classify(value[key], depth)) as Need;
    if (need === NEED.clone) return need;
  }
  return need;
}

/** Where objects are written as maps, a Map would come back as an object. */
function classifyCollection(value: Map<unknown, unknown> | Set<unknown>, depth: number): Need {
  let need: Need = NEED.records;
  for (const [key, item] of value.entries()) {
    need = Math.max(need, classify(key, depth), classify(item, depth)) as Need;
    if (need === NEED.clone) return need;
  }
  return need;
}

function isExactDate(value: Date): boolean {
  const ms = value.getTime();
  return Number.isNaN(ms) || (ms >= 0 && ms < LAST_EXACT_DATE);
}
