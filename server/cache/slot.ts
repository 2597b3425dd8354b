/**
 * What stands in a slot: an entry `V`, a lease `L` or a mark `M`; then a random id of 16 bytes.
 *
 *   V | id 16 | format 1 | crc32 of the rest 4 | codec 1 | storedAt 8 | staleAt 8 | goneAt 8 | loadMs 4 | meta length 4 | meta | payload
 *   meta, texts separated by NUL: value epoch, stamps' epoch, version, how many stamps, (stamp name, stamp text)*, key
 *
 * Instants are ms by Redis' clock. The key stands last, so it may hold any character. Everything that does not parse,
 * does not carry its own key, or fails its checksum is "strange" and treated as a miss (P8).
 */
import { crc32 } from 'node:zlib';
import type { Encoded } from './codec.ts';

export const VALUE = 0x56;
export const LEASE = 0x4c;
export const MARK = 0x4d;
/** Type byte and id: what a compare-and-set compares. */
export const TICKET_BYTES = 17;

const FORMAT = 1;
const CRC_AT = 18;
const CHECKED_FROM = 22;
const CODEC_AT = 22;
const STORED_AT = 23;
const STALE_AT = 31;
const GONE_AT = 39;
const LOAD_AT = 47;
const META_LENGTH_AT = 51;
const META_AT = 55;
const HEAD_TEXTS = 4;

export interface RecordedStamp {
  /** Whole Redis name. */
  name: string;
  text: string;
}

export interface Entry {
  storedAt: number;
  staleAt: number;
  goneAt: number;
  loadMs: number;
  /** Of the server that granted the lease. */
  epoch: string;
  /** Of the server that holds the stamps. */
  stampEpoch: string;
  version: string;
  stamps: RecordedStamp[];
  key: string;
  encoded: Encoded;
}

/** Type byte and id of whatever stands in the slot. */
export function ticketOf(slot: Buffer): Buffer {
  return slot.subarray(0, TICKET_BYTES);
}

export function makeTicket(type: number, id: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), id]);
}

export function writeEntry(entry: Entry, id: Buffer): Buffer {
  const meta = Buffer.from(metaOf(entry), 'utf8');
  const { bytes, codec } = entry.encoded;
  const slot = Buffer.allocUnsafe(META_AT + meta.length + bytes.length);
  slot[0] = VALUE;
  id.copy(slot, 1);
  slot[TICKET_BYTES] = FORMAT;
  slot[CODEC_AT] = codec;
  slot.writeDoubleLE(entry.storedAt, STORED_AT);
  slot.writeDoubleLE(entry.staleAt, STALE_AT);
  slot.writeDoubleLE(entry.goneAt, GONE_AT);
  slot.writeUInt32LE(Math.min(Math.round(entry.loadMs), 0xffffffff), LOAD_AT);
  slot.writeUInt32LE(meta.length, META_LENGTH_AT);
  meta.copy(slot, META_AT);
  bytes.copy(slot, META_AT + meta.length);
  slot.writeUInt32LE(crc32(slot.subarray(CHECKED_FROM)), CRC_AT);
  return slot;
}

/** The entry of a slot that begins with `V`, or null when the bytes are strange. */
export function readEntry(slot: Buffer): Entry | null {
  if (slot.length < META_AT || slot[TICKET_BYTES] !== FORMAT) return null;
  const payloadAt = META_AT + slot.readUInt32LE(META_LENGTH_AT);
  if (payloadAt > slot.length) return null;
  if (slot.readUInt32LE(CRC_AT) !== crc32(slot.subarray(CHECKED_FROM))) return null;
  const meta = readMeta(slot.toString('utf8', META_AT, payloadAt));
  if (!meta) return null;
  return {
    ...meta,
    storedAt: slot.readDoubleLE(STORED_AT),
    staleAt: slot.readDoubleLE(STALE_AT),
    goneAt: slot.readDoubleLE(GONE_AT),
    loadMs: slot.readUInt32LE(LOAD_AT),
    encoded: { codec: slot[CODEC_AT] ?? 0, bytes: slot.subarray(payloadAt) },
  };
}

/** The same entry with another end of freshness, under a new id. */
export function restamp(slot: Buffer, staleAt: number, id: Buffer): Buffer {
  const copy = Buffer.from(slot);
  id.copy(copy, 1);
  copy.writeDoubleLE(staleAt, STALE_AT);
  copy.writeUInt32LE(crc32(copy.subarray(CHECKED_FROM)), CRC_AT);
  return copy;
}

function metaOf(entry: Entry): string {
  let meta = `${entry.epoch}\0${entry.stampEpoch}\0${entry.version}\0${entry.stamps.length}\0`;
  for (const stamp of entry.stamps) meta += `${stamp.name}\0${stamp.text}\0`;
  return meta + entry.key;
}

type Meta = Pick<Entry, 'epoch' | 'stampEpoch' | 'version' | 'stamps' | 'key'>;

function readMeta(meta: string): Meta | null {
  const texts = meta.split('\0');
  const [epoch, stampEpoch, version, count] = texts;
  const keyAt = HEAD_TEXTS + 2 * Number(count);
  if (epoch === undefined || stampEpoch === undefined || version === undefined || !(keyAt < texts.length))
    return null;
  const stamps: RecordedStamp[] = [];
  for (let at = HEAD_TEXTS; at < keyAt; at += 2)
    stamps.push({ name: texts[at] as string, text: texts[at + 1] as string });
  const key = keyAt === texts.length - 1 ? (texts[keyAt] as string) : texts.slice(keyAt).join('\0');
  return { epoch, stampEpoch, version, stamps, key };
}
