// From bytes to text, chunk by chunk. Nothing is replaced silently: a byte that fits no encoding is an error with its place.
//
// Without a byte order mark the text is UTF-8 until proven otherwise. While only ASCII has been seen, every candidate
// agrees, so the first byte above 127 decides: part of a valid UTF-8 sequence, or Windows-1252 (reported as a notice).
// Once UTF-8 is settled, a byte that breaks it is an error. This needs no second pass and no look ahead.

import { isAscii, isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { CsvError } from './errors.ts';

export type CsvSource = string | Uint8Array | AsyncIterable<Uint8Array | string>;

export interface DecodeOptions {
  /** 'auto' (default), or any label that TextDecoder knows, such as 'windows-1252', 'utf-16le', 'shift_jis'. */
  encoding?: string;
  /** Bytes after which the file is refused. */
  maxBytes: number;
}

/** What was found out about the encoding; filled while the text is read. */
export interface DecodeFacts {
  encoding: string;
  notices: string[];
}

const SIGNATURES: readonly (readonly [number[], string])[] = [
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive or an Excel workbook (.xlsx); export it as CSV first'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'an old Office document (.xls, .doc); export it as CSV first'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF document'],
  [[0x1f, 0x8b], 'a gzip archive; unpack it first'],
  [[0x89, 0x50, 0x4e, 0x47], 'a PNG picture'],
  [[0xff, 0xd8, 0xff], 'a JPEG picture'],
  [[0x47, 0x49, 0x46, 0x38], 'a GIF picture'],
];

/**
 * Yields the text of `source` without its byte order mark.
 * @throws CsvError binary_file, encoding_invalid, encoding_unknown, file_too_large
 */
export async function* decodeText(
  source: CsvSource,
  options: DecodeOptions,
  facts: DecodeFacts,
): AsyncGenerator<string> {
  const limited = withinLimit(toChunks(source), options.maxBytes);
  const decoder = new LazyDecoder(options.encoding ?? 'auto', facts);
  for await (const chunk of limited) {
    const text = typeof chunk === 'string' ? decoder.plain(chunk) : decoder.decode(chunk);
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
}

async function* toChunks(source: CsvSource): AsyncGenerator<Uint8Array | string> {
  if (typeof source === 'string') yield source;
  else if (source instanceof Uint8Array) yield source;
  else yield* source;
}

async function* withinLimit(chunks: AsyncIterable<Uint8Array | string>, maxBytes: number) {
  let seen = 0;
  for await (const chunk of chunks) {
    seen += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength;
    if (seen > maxBytes) {
      throw new CsvError('file_too_large', `The limit is ${maxBytes} bytes.`, { byteOffset: maxBytes });
    }
    yield chunk;
  }
}

type Decode = (bytes: Buffer, last: boolean) => string;

/** Chooses its decoder at the first bytes and keeps what a chunk cut in two. */
class LazyDecoder {
  #asked: string;
  #facts: DecodeFacts;
  #decode: Decode | null = null;
  #head = Buffer.alloc(0);
  #plainStarted = false;
  #offset = 0;

  constructor(asked: string, facts: DecodeFacts) {
    this.#asked = asked;
    this.#facts = facts;
  }

  /** Text that came as a string needs no decoding, only the checks. */
  plain(text: string): string {
    this.#facts.encoding = 'text';
    const nul = text.indexOf('\0');
    if (nul >= 0) throw new CsvError('binary_file', `Character ${this.#offset + nul} is NUL.`);
    this.#offset += text.length;
    const first = !this.#plainStarted;
    this.#plainStarted ||= text !== '';
    return first && text.startsWith('\uFEFF') ? text.slice(1) : text;
  }

  decode(chunk: Uint8Array): string {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#decode) return this.#decode(bytes, false);
    this.#head = Buffer.concat([this.#head, bytes]);
    return this.#head.length < 4 ? '' : this.#start(false);
  }

  end(): string {
    if (this.#decode) return this.#decode(Buffer.alloc(0), true);
    return this.#head.length === 0 ? '' : this.#start(true);
  }

  #start(last: boolean): string {
    refuseBinary(this.#head);
    const { encoding, markLength } = encodingOf(this.#head, this.#asked);
    this.#facts.encoding = encoding;
    const automatic = this.#asked === 'auto' && markLength === 0;
    this.#decode =
      encoding === 'utf-8' ? utf8Decoder(automatic, this.#facts, markLength) : platformDecoder(encoding);
    return this.#decode(this.#head.subarray(markLength), last);
  }
}

/**
 * Refuses by its first bytes what cannot be text, before the rest has arrived.
 * @throws CsvError binary_file
 */
export function refuseBinaryHead(head: Uint8Array, encoding = 'auto'): void {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  refuseBinary(bytes);
  if (encodingOf(bytes, encoding).encoding === 'utf-8') refuseNul(bytes, 0, 1);
}

function refuseBinary(head: Buffer): void {
  for (const [signature, what] of SIGNATURES) {
    if (signature.every((byte, at) => head[at] === byte)) {
      throw new CsvError('binary_file', `Expected a CSV file, got ${what}.`, { byteOffset: 0 });
    }
  }
}

function encodingOf(head: Buffer, asked: string): { encoding: string; markLength: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', markLength: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', markLength: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', markLength: 2 };
  if (asked === 'auto' || /^utf-?8$/i.test(asked)) return { encoding: 'utf-8', markLength: 0 };
  return { encoding: asked.toLowerCase(), markLength: 0 };
}

/** UTF-8 that may turn out to be Windows-1252, as long as only ASCII has been seen. */
function utf8Decoder(mayFallBack: boolean, facts: DecodeFacts, startOffset: number): Decode {
  let held: Buffer = Buffer.alloc(0);
  let offset = startOffset;
  let asciiSoFar = true;
  let fallback: Decode | null = null;
  let lines = 1;

  return (chunk, last) => {
    if (fallback) return fallback(chunk, last);
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    refuseNul(bytes, offset, lines);
    const whole = last ? bytes : bytes.subarray(0, bytes.length - unfinishedTail(bytes));
    if (!isUtf8(whole)) {
      const bad = firstInvalid(whole);
      if (!mayFallBack || !asciiSoFar || !isAscii(whole.subarray(0, bad))) {
        throw invalidByte(whole, bad, { offset, lines });
      }
      facts.encoding = 'windows-1252';
      facts.notices.push(
        `The file is not UTF-8 (byte ${offset + bad}); it was read as Windows-1252. Check the accented letters.`,
      );
      fallback = windows1252Decoder(offset, lines);
      return fallback(bytes, last);
    }
    asciiSoFar &&= isAscii(whole);
    held = Buffer.from(bytes.subarray(whole.length));
    offset += whole.length;
    lines += countNewlines(whole);
    return whole.toString('utf8');
  };
}

/** Bytes at the end that may be the beginning of a sequence which the next chunk completes: 0 to 3. */
function unfinishedTail(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? back : 0;
    }
  }
  return 0;
}

/** The longest valid beginning ends here. Halving keeps it short although isUtf8 only says yes or no. */
function firstInvalid(bytes: Buffer): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 4) {
    const middle = (good + bad) >> 1;
    const cut = middle - unfinishedTail(bytes.subarray(good, middle));
    if (cut <= good) break;
    if (isUtf8(bytes.subarray(good, cut))) good = cut;
    else bad = middle;
  }
  for (let end = good + 1; end <= bytes.length; end++) {
    const tail = unfinishedTail(bytes.subarray(good, end));
    if (tail === 0 && isUtf8(bytes.subarray(good, end))) good = end;
    else if (tail === 0) return good;
  }
  return good;
}

function invalidByte(bytes: Buffer, at: number, base: { offset: number; lines: number }): CsvError {
  const line = base.lines + countNewlines(bytes.subarray(0, at));
  const value = (bytes[at] ?? 0).toString(16).padStart(2, '0');
  return new CsvError(
    'encoding_invalid',
    `Expected UTF-8, got the byte 0x${value} at offset ${base.offset + at} (line ${line}). Save the file as UTF-8, or name its encoding.`,
    { line, byteOffset: base.offset + at },
  );
}

// 0x80 to 0x9f; a space marks the five bytes that Windows-1252 does not define.
const WINDOWS_1252 = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

function windows1252Decoder(startOffset: number, startLine: number): Decode {
  let offset = startOffset;
  let lines = startLine;
  return (bytes) => {
    refuseNul(bytes, offset, lines);
    const text = bytes.toString('latin1').replace(/[\x80-\x9f]/g, (char, at: number) => {
      const mapped = WINDOWS_1252[char.charCodeAt(0) - 0x80] as string;
      if (mapped !== ' ') return mapped;
      throw new CsvError(
        'encoding_invalid',
        `The byte at offset ${offset + at} fits neither UTF-8 nor Windows-1252. Save the file as UTF-8, or name its encoding.`,
        { byteOffset: offset + at, line: lines + countNewlines(bytes.subarray(0, at)) },
      );
    });
    offset += bytes.length;
    lines += countNewlines(bytes);
    return text;
  };
}

function platformDecoder(encoding: string): Decode {
  if (/^(windows-1252|cp1252)$/.test(encoding)) return windows1252Decoder(0, 1);
  const decoder = platformTextDecoder(encoding);
  let offset = 0;
  let lines = 1;
  return (bytes, last) => {
    try {
      const text = decoder.decode(bytes, { stream: !last });
      const nul = text.indexOf('\0');
      if (nul >= 0)
        throw new CsvError('binary_file', `There is a NUL character near byte ${offset}.`, { line: lines });
      offset += bytes.length;
      lines += text.split('\n').length - 1;
      return text;
    } catch (error) {
      if (error instanceof CsvError) throw error;
      const detail = `Expected ${encoding}, got bytes that it does not allow near offset ${offset} (after line ${lines}).`;
      throw new CsvError('encoding_invalid', detail, { line: lines, byteOffset: offset });
    }
  };
}

function platformTextDecoder(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch {
    throw new CsvError(
      'encoding_unknown',
      `Got "${encoding}"; expected for example utf-8, utf-16le or windows-1252.`,
    );
  }
}

function refuseNul(bytes: Buffer, offset: number, lines: number): void {
  const at = bytes.indexOf(0);
  if (at < 0) return;
  throw new CsvError(
    'binary_file',
    `The byte at offset ${offset + at} is NUL. If this is UTF-16 without a byte order mark, save it as UTF-8 or name its encoding.`,
    { byteOffset: offset + at, line: lines + countNewlines(bytes.subarray(0, at)) },
  );
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}
