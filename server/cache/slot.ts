/**
 * What stands in a slot: an entry `V`, a lease `L`, a mark `M`, or where a large entry stands apart, `P`; then a random
 * id of 16 bytes.
 *
 *   V | id 16 | format 1 | codec 1 | storedAt 8 | staleAt 8 | goneAt 8 | loadMs 4 | head's length 4 | key's length 4
 *     | head | key | payload | crc32 of all that stands before it 4
 *   head, texts separated by NUL: value epoch, stamps' epoch (empty: the same), version, shape of the row (empty: none),
 *     (stamp name, stamp text)*
 *
 * Entries of one namespace mostly carry the very same head: whoever read one hands it in when reading the next, and
 * one comparison of bytes replaces parsing.
 *
 * Instants are ms by Redis' clock. Everything that does not parse,
 * does not carry its own key, or fails its checksum is "strange" and treated as a miss (P8).
 */
import { crc32 } from 'node:zlib';
import type { Encoded } from './codec.ts';
import { type Shape, shapeFrom } from './shape.ts';

export const VALUE = 0x56;
export const LEASE = 0x4c;
export const MARK = 0x4d;
export const APART = 0x50;
/** Type byte and id: what a compare-and-set compares. */
export const TICKET_BYTES = 17;

const FORMAT = 3;
const CODEC_AT = 18;
const STORED_AT = 19;
const STALE_AT = 27;
const GONE_AT = 35;
const LOAD_AT = 43;
const HEAD_LENGTH_AT = 47;
const KEY_LENGTH_AT = 51;
const HEAD_AT = 55;
const CRC_BYTES = 4;
/** What CRC-32 gives for anything that ends with its own CRC-32, least significant byte first. */
const CRC_OF_WHOLE = 0x2144df1c;

export interface RecordedStamp {
  /** Whole Redis name. */
  name: string;
  text: string;
}

/** What the entries of one namespace have in common. */
export interface EntryHead {
  /** Of the server that granted the lease. */
  epoch: string;
  /** Of the server that holds the stamps. */
  stampEpoch: string;
  version: string;
  /** Of the rows that the entries hold; null when they hold something else. */
  shape: Shape | null;
  stamps: readonly RecordedStamp[];
}

/** A head with its bytes. */
export interface WrittenHead extends EntryHead {
  bytes: Buffer;
  /** The number of the last batch in which all its stamps were found current. */
  goodIn: number;
}

const MOST_HEADS = 4;

/** The heads that were read last, the latest first: rows of a few shapes may take turns in one namespace. */
export class Heads {
  readonly #heads: WrittenHead[] = [];

  /** The one with exactly these bytes. */
  find(slot: Buffer, start: number, end: number): WrittenHead | null {
    for (const head of this.#heads)
      if (head.bytes.length === end - start && head.bytes.compare(slot, start, end) === 0) return head;
    return null;
  }

  /** The one that says exactly this. */
  like(wanted: EntryHead): WrittenHead | null {
    return this.#heads.find((head) => isAlike(head, wanted)) ?? null;
  }

  meet(head: WrittenHead): void {
    if (this.#heads[0] === head) return;
    const others = this.#heads.filter((one) => one !== head);
    this.#heads.splice(0, MOST_HEADS, head, ...others.slice(0, MOST_HEADS - 1));
  }
}

interface Facts {
  storedAt: number;
  staleAt: number;
  goneAt: number;
  loadMs: number;
  key: string;
  head: WrittenHead;
}

/** An entry as it was read: its payload stands in the whole slot's bytes. */
export interface Entry extends Facts, Encoded {}

function isAlike(one: EntryHead, other: EntryHead): boolean {
  return (
    one.epoch === other.epoch &&
    one.stampEpoch === other.stampEpoch &&
    one.version === other.version &&
    one.shape === other.shape &&
    one.stamps.length === other.stamps.length &&
    one.stamps.every(({ name, text }, at) => {
      const stamp = other.stamps[at] as RecordedStamp;
      return name === stamp.name && text === stamp.text;
    })
  );
}

/** Type byte and id of whatever stands in the slot. */
export function ticketOf(slot: Buffer): Buffer {
  return slot.subarray(0, TICKET_BYTES);
}

export function makeTicket(type: number, id: Buffer): Buffer {
  const ticket = Buffer.allocUnsafe(TICKET_BYTES);
  ticket[0] = type;
  id.copy(ticket, 1);
  return ticket;
}

export function writeHead(head: EntryHead): WrittenHead {
  return { ...head, bytes: Buffer.from(headText(head), 'utf8'), goodIn: 0 };
}

/** `type`: `VALUE`, or `APART` for one that will not stand in the slot itself. */
export function writeEntry(entry: Facts & { encoded: Encoded }, id: Buffer, type = VALUE): Buffer {
  const head = entry.head.bytes;
  const keyLength = Buffer.byteLength(entry.key);
  const { bytes, codec, start, end } = entry.encoded;
  const payloadAt = HEAD_AT + head.length + keyLength;
  const slot = Buffer.allocUnsafe(payloadAt + end - start + CRC_BYTES);
  slot[0] = type;
  id.copy(slot, 1);
  slot[TICKET_BYTES] = FORMAT;
  slot[CODEC_AT] = codec;
  slot.writeDoubleLE(entry.storedAt, STORED_AT);
  slot.writeDoubleLE(entry.staleAt, STALE_AT);
  slot.writeDoubleLE(entry.goneAt, GONE_AT);
  slot.writeUInt32LE(Math.min(Math.round(entry.loadMs), 0xffffffff), LOAD_AT);
  slot.writeUInt32LE(head.length, HEAD_LENGTH_AT);
  slot.writeUInt32LE(keyLength, KEY_LENGTH_AT);
  head.copy(slot, HEAD_AT);
  slot.write(entry.key, HEAD_AT + head.length);
  bytes.copy(slot, payloadAt, start, end);
  return sealed(slot);
}

/** With its checksum in the last four bytes. */
function sealed(slot: Buffer): Buffer {
  const end = slot.length - CRC_BYTES;
  slot.writeUInt32LE(crc32(slot.subarray(0, end)), end);
  return slot;
}

/**
 * The entry of these bytes, or null when the bytes are strange. `known` saves parsing a head of
 * theirs, and `key`, the key that is expected, saves making a text of it.
 */
export function readEntry(slot: Buffer, known: Heads | null, key?: string): Entry | null {
  const end = slot.length - CRC_BYTES;
  if (end < HEAD_AT || slot[TICKET_BYTES] !== FORMAT) return null;
  const keyAt = HEAD_AT + slot.readUInt32LE(HEAD_LENGTH_AT);
  const payloadAt = keyAt + slot.readUInt32LE(KEY_LENGTH_AT);
  if (payloadAt > end || crc32(slot) !== CRC_OF_WHOLE) return null;
  const head = known?.find(slot, HEAD_AT, keyAt) ?? readHead(slot.subarray(HEAD_AT, keyAt));
  if (!head) return null;
  const isExpected = key !== undefined && isAscii(slot, keyAt, payloadAt, key);
  return {
    storedAt: slot.readDoubleLE(STORED_AT),
    staleAt: slot.readDoubleLE(STALE_AT),
    goneAt: slot.readDoubleLE(GONE_AT),
    loadMs: slot.readUInt32LE(LOAD_AT),
    key: isExpected ? key : slot.toString('utf8', keyAt, payloadAt),
    head,
    codec: slot[CODEC_AT] ?? 0,
    shape: head.shape,
    bytes: slot,
    start: payloadAt,
    end,
  };
}

/** Do the bytes spell this text, and the text nothing but ASCII? */
export function isAscii(bytes: Buffer, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127 || code !== bytes[from + at]) return false;
  }
  return true;
}

/** The same entry with another end of freshness, under a new id. */
export function restamp(slot: Buffer, staleAt: number, id: Buffer): Buffer {
  const copy = Buffer.from(slot);
  id.copy(copy, 1);
  copy.writeDoubleLE(staleAt, STALE_AT);
  return sealed(copy);
}

function headText({ epoch, stampEpoch, version, shape, stamps }: EntryHead): string {
  const texts = [epoch, stampEpoch === epoch ? '' : stampEpoch, version, shape?.text ?? ''];
  for (const stamp of stamps) texts.push(stamp.name, stamp.text);
  return texts.join('\0');
}

const FIXED_TEXTS = 4;

/** Null when it is none. The bytes are copied: a head is kept longer than the network buffer that it came in. */
function readHead(bytes: Buffer): WrittenHead | null {
  const texts = bytes.toString('utf8').split('\0');
  if (texts.length < FIXED_TEXTS || texts.length % 2 !== 0) return null;
  const [epoch, stampEpoch, version, shapeText] = texts as [string, string, string, string];
  const shape = shapeText === '' ? null : shapeFrom(shapeText);
  if (shapeText !== '' && !shape) return null;
  const stamps: RecordedStamp[] = [];
  for (let at = FIXED_TEXTS; at < texts.length; at += 2)
    stamps.push({ name: texts[at] as string, text: texts[at + 1] as string });
  return {
    epoch,
    stampEpoch: stampEpoch || epoch,
    version,
    shape,
    stamps,
    bytes: Buffer.from(bytes),
    goodIn: 0,
  };
}
