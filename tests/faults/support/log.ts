/**
 * What happened in each process, written so that SIGKILL cannot take it back: binary records in a file of the
 * process's own. Reads are written once a turn of the event loop; what the verdict must not miss, commits and returns of
 * writes, at once.
 */
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { now } from './clock.ts';

export const KIND = {
  /** A read: its begin and end, the version it returned; `detail` is the kind of read. */
  read: 0,
  /** A write inside its transaction, before the commit. */
  attempt: 1,
  /** The database acknowledged the commit. */
  committed: 2,
  /** `write` returned; `detail` is 1 when Redis acknowledged the invalidation. */
  wrote: 3,
  /** The cache hit, at most one record a ms; `detail` is the tier. */
  hit: 4,
  /** A read waited for Redis in vain. */
  waited: 5,
  /** A call failed; `detail` is 1 when it was refused by the limit of loads. */
  failed: 6,
  /** `write` was called. */
  begun: 7,
} as const;

export interface LogRecord {
  kind: number;
  /** The process's number; a replacement has a new one. */
  who: number;
  key: number;
  version: number;
  /** Instants by `now()`; `until` is the end of what began `at`. */
  at: number;
  until: number;
  detail: number;
}

const FIELDS = 7;
export const RECORD_BYTES = FIELDS * 8;
const CHUNK_RECORDS = 2048;

export interface Log {
  add(record: Partial<LogRecord> & { kind: number }): void;
  /** Adds and writes it all now. */
  addNow(record: Partial<LogRecord> & { kind: number }): void;
}

/** Opens this process's file in the folder. */
export function openLog(folder: string, who: number): Log {
  const file = openSync(join(folder, `${who}.log`), 'a');
  const chunk = new Float64Array(CHUNK_RECORDS * FIELDS);
  let used = 0;
  let isFlushing = false;

  function flush(): void {
    isFlushing = false;
    if (used > 0) writeSync(file, new Uint8Array(chunk.buffer, 0, used * 8));
    used = 0;
  }

  function add({ kind, key = 0, version = 0, at = now(), until = at, detail = 0 }: Partial<LogRecord>): void {
    if (used === chunk.length) flush();
    chunk.set([kind ?? 0, who, key, version, at, until, detail], used);
    used += FIELDS;
    if (isFlushing) return;
    isFlushing = true;
    setImmediate(flush);
  }

  return {
    add,
    addNow(record) {
      add(record);
      flush();
    },
  };
}

/** Every record of all processes, file by file. A record that a kill cut short is left out. */
export function readLogs(folder: string): LogRecord[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => recordsOf(readFileSync(join(folder, name))));
}

function recordsOf(bytes: Buffer): LogRecord[] {
  const whole = Math.floor(bytes.length / RECORD_BYTES);
  const fields = new Float64Array(new Uint8Array(bytes.subarray(0, whole * RECORD_BYTES)).buffer);
  return Array.from({ length: whole }, (_, index) => {
    const [kind = 0, who = 0, key = 0, version = 0, at = 0, until = 0, detail = 0] = fields.subarray(
      index * FIELDS,
      (index + 1) * FIELDS,
    );
    return { kind, who, key, version, at, until, detail };
  });
}
