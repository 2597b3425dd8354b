/**
 * A value on its way to its callers. It travels as bytes and is unpacked at the last moment: `own()` for a caller who
 * shares it with nobody, `shared()` for all others. So what one caller does cannot reach the next, and a hit has
 * exactly the types of a miss, for both come out of the same bytes.
 */
import { decode, decodeFrozen, type Encoded, encode } from './codec.ts';
import { freeze } from './freeze.ts';

export class Parcel {
  #encoded: Encoded | null;
  #raw: unknown;
  #shared: unknown;
  #sharing: 'not yet' | 'one for all' | 'copies' = 'not yet';

  private constructor(encoded: Encoded | null, raw: unknown) {
    this.#encoded = encoded;
    this.#raw = raw;
  }

  static of(encoded: Encoded): Parcel {
    return new Parcel(encoded, undefined);
  }

  /** Packs a loaded value; what cannot be packed is handed on as it is and cannot be stored (`encoded` is null). */
  static pack(value: unknown, compressAboveBytes: number): Parcel {
    try {
      return new Parcel(encode(value, compressAboveBytes), undefined);
    } catch {
      return new Parcel(null, value);
    }
  }

  /** @throws on strange bytes. */
  own(): unknown {
    if (!this.#encoded) return this.#raw;
    return decodeFrozen(this.#encoded);
  }

  /** @throws on strange bytes. */
  shared(): unknown {
    if (this.#sharing === 'one for all') return this.#shared;
    if (!this.#encoded) return this.#raw;
    const value = decode(this.#encoded);
    const anatomy = freeze(value, true);
    this.#sharing = anatomy.bytes ? 'copies' : 'one for all';
    if (!anatomy.bytes) this.#shared = value;
    return value;
  }

  /** The bytes, or null when the value could not be packed. */
  get encoded(): Encoded | null {
    return this.#encoded;
  }

  /** Lets go of the network buffer that the bytes are a part of, for a parcel that is kept. */
  detach(): this {
    if (!this.#encoded) return this;
    const { codec, shape, bytes, start, end } = this.#encoded;
    const own = Buffer.allocUnsafeSlow(end - start);
    bytes.copy(own, 0, start, end);
    this.#encoded = { codec, shape, bytes: own, start: 0, end: own.length };
    return this;
  }

  /** May the very object of `shared()` be given to everybody? Known after the first call. */
  get isOneForAll(): boolean {
    return this.#sharing === 'one for all';
  }
}
