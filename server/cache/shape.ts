/**
 * The shape of a row: its keys, in order. Entries of one namespace mostly share one, so it stands in their common head,
 * and a payload is the bare values. A shape is rebuilt from its text alone.
 */
import { type Options, Packr, Unpackr } from 'msgpackr';

const SEPARATOR = '\u0001';
/** A program knows a few dozen; rows beyond these bring their keys along. */
const MOST_SHAPES = 1000;
const MOST_TEXT = 2000;
const NO_KEY = '__proto__';

export class Shape {
  /** The keys, separated; what stands in the head. */
  readonly text: string;
  readonly #open: Packr;
  readonly #frozen: Unpackr;

  constructor(text: string) {
    this.text = text;
    this.#open = new Packr(optionsFor(text, false));
    this.#frozen = new Unpackr(optionsFor(text, true));
  }

  pack(row: unknown): Buffer {
    return this.#open.pack(row);
  }

  /** @throws when the bytes are no row of this shape. */
  unpack(bytes: Buffer, start: number, end: number): unknown {
    return unpackWith(this.#open, bytes, { start, end });
  }

  /** The same, frozen to the bottom, save Dates, Maps, Sets and bytes. */
  unpackFrozen(bytes: Buffer, start: number, end: number): unknown {
    return unpackWith(this.#frozen, bytes, { start, end });
  }
}

/** The whole of what the last bytes were a part of: replies of one batch are parts of one packet. */
let packet: Buffer = Buffer.alloc(0);

/** msgpackr makes a DataView of each buffer that it sees for the first time, which costs as much as unpacking a row. */
function unpackWith(
  unpackr: Unpackr,
  bytes: Buffer,
  { start, end }: { start: number; end: number },
): unknown {
  const { buffer, byteOffset } = bytes;
  if (packet.buffer !== buffer) packet = Buffer.from(buffer);
  return unpackr.unpack(packet, { start: byteOffset + start, end: byteOffset + end });
}

const shapes = new Map<string, Shape>();

/** Neither it nor what separates heads' texts may stand in a key. */
export function isShapeKey(key: string): boolean {
  return !key.includes(SEPARATOR) && !key.includes('\0');
}

/** Null when it is too long, or one of too many. */
export function shapeOf(keys: readonly string[]): Shape | null {
  const text = keys.join(SEPARATOR);
  const known = shapes.get(text);
  if (known) return known;
  if (text.length > MOST_TEXT || shapes.size >= MOST_SHAPES) return null;
  return learn(text);
}

/** Of a text that another process wrote; null when it cannot be a shape. */
export function shapeFrom(text: string): Shape | null {
  const known = shapes.get(text);
  if (known) return known;
  if (text.split(SEPARATOR).includes(NO_KEY)) return null;
  return shapes.size < MOST_SHAPES ? learn(text) : new Shape(text);
}

function learn(text: string): Shape {
  const shape = new Shape(text);
  shapes.set(text, shape);
  return shape;
}

/** One structure is known beforehand; those of objects inside the row travel in the payload. `freezeData` is missing in the types. */
function optionsFor(text: string, freezeData: boolean): Options & { freezeData: boolean } {
  const structures = [text.split(SEPARATOR)];
  return { structures, maxSharedStructures: 1, moreTypes: true, copyBuffers: true, freezeData };
}
