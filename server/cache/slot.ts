/**
 * What stands in a slot: an entry `V`, a lease `L` or a mark `M`; then a random id of 16 bytes.
 *
 *   V | id 16 | format 1 | crc32 of the rest 4 | codec 1 | storedAt 8 | staleAt 8 | goneAt 8 | loadMs 4
 *     | head's length 4 | key's length 4 | head | key | payload
 *   head, texts separated by NUL: value epoch, stamps' epoch (empty: the same), version, (stamp name, stamp text)*
 *
 * Entries of one namespace mostly carry the very same head: whoever read one hands it in when reading the next, and
 * one comparison of bytes replaces parsing.
 *
 * Instants are ms by Redis' clock. Everything that does not parse,
 * does not carry its own key, or fails its checksum is "strange" and treated as a miss (P8).
 */
import { crc32 } from 'node:zlib';
import type { Encoded } from './codec.ts';

export const VALUE = 0x56;
export const LEASE = 0x4c;
export const MARK = 0x4d;
/** Type byte and id: what a compare-and-set compares. */
export const TICKET_BYTES = 17;

const FORMAT = 2;
const CRC_AT = 18;
const CHECKED_FROM = 22;
const CODEC_AT = 22;
const STORED_AT = 23;
const STALE_AT = 31;
const GONE_AT = 39;
const LOAD_AT = 47;
const HEAD_LENGTH_AT = 51;
const KEY_LENGTH_AT = 55;
const HEAD_AT = 59;

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
  stamps: readonly RecordedStamp[];
}

/** A head with its bytes. */
export interface WrittenHead extends EntryHead {
  bytes: Buffer;
}

export interface Entry {
  storedAt: number;
  staleAt: number;
  goneAt: number;
  loadMs: number;
  key: string;
  encoded: Encoded;
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
  return { ...head, bytes: Buffer.from(headText(head), 'utf8') };
}

export function writeEntry(entry: Entry & { head: WrittenHead }, id: Buffer): Buffer {
  const head = entry.head.bytes;
  const keyLength = Buffer.byteLength(entry.key);
  const { bytes, codec } = entry.encoded;
  const slot = Buffer.allocUnsafe(HEAD_AT + head.length + keyLength + bytes.length);
  slot[0] = VALUE;
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
  bytes.copy(slot, HEAD_AT + head.length + keyLength);
  slot.writeUInt32LE(crc32(slot.subarray(CHECKED_FROM)), CRC_AT);
  return slot;
}

/**
 * The entry of a slot that begins with `V`, or null when the bytes are strange. `known` saves parsing a head of its
 * like, and `key`, the key that is expected, saves making a text of it.
 */
export function readEntry(
  slot: Buffer,
  known: WrittenHead | null,
  key?: string,
): (Entry & { head: WrittenHead }) | null {
  if (slot.length < HEAD_AT || slot[TICKET_BYTES] !== FORMAT) return null;
  const keyAt = HEAD_AT + slot.readUInt32LE(HEAD_LENGTH_AT);
  const payloadAt = keyAt + slot.readUInt32LE(KEY_LENGTH_AT);
  if (payloadAt > slot.length) return null;
  if (slot.readUInt32LE(CRC_AT) !== crc32(slot.subarray(CHECKED_FROM))) return null;
  const head = known && isSame(known.bytes, slot, keyAt) ? known : readHead(slot.subarray(HEAD_AT, keyAt));
  if (!head) return null;
  const isExpected = key !== undefined && isAscii(slot, keyAt, payloadAt, key);
  return {
    storedAt: slot.readDoubleLE(STORED_AT),
    staleAt: slot.readDoubleLE(STALE_AT),
    goneAt: slot.readDoubleLE(GONE_AT),
    loadMs: slot.readUInt32LE(LOAD_AT),
    key: isExpected ? key : slot.toString('utf8', keyAt, payloadAt),
    encoded: { codec: slot[CODEC_AT] ?? 0, bytes: slot.subarray(payloadAt) },
    head,
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

function isSame(head: Buffer, slot: Buffer, keyAt: number): boolean {
  return head.length === keyAt - HEAD_AT && head.compare(slot, HEAD_AT, keyAt) === 0;
}

/** The same entry with another end of freshness, under a new id. */
export function restamp(slot: Buffer, staleAt: number, id: Buffer): Buffer {
  const copy = Buffer.from(slot);
  id.copy(copy, 1);
  copy.writeDoubleLE(staleAt, STALE_AT);
  copy.writeUInt32LE(crc32(copy.subarray(CHECKED_FROM)), CRC_AT);
  return copy;
}

function headText({ epoch, stampEpoch, version, stamps }: EntryHead): string {
  const texts = [epoch, stampEpoch === epoch ? '' : stampEpoch, version];
  for (const stamp of stamps) texts.push(stamp.name, stamp.text);
  return texts.join('\0');
}

const FIXED_TEXTS = 3;

/** The bytes are copied: a head is kept longer than the network buffer that it came in. */
function readHead(bytes: Buffer): WrittenHead | null {
  const texts = bytes.toString('utf8').split('\0');
  const [epoch, stampEpoch, version] = texts;
  if (epoch === undefined || stampEpoch === undefined || version === undefined || texts.length % 2 === 0)
    return null;
  const stamps: RecordedStamp[] = [];
  for (let at = FIXED_TEXTS; at < texts.length; at += 2)
    stamps.push({ name: texts[at] as string, text: texts[at + 1] as string });
  return { epoch, stampEpoch: stampEpoch || epoch, version, stamps, bytes: Buffer.from(bytes) };
}
