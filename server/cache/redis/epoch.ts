/** Which history of which server a connection speaks with. */
import { createHash } from 'node:crypto';

const EPOCH_CHARACTERS = 16;

/**
 * From `INFO server` and `INFO replication`: another process, or the same under another replication id, is another
 * epoch. It stands in every entry, so 96 bits of a digest replace the 81 characters of both ids.
 */
export function epochOf(server: string, replication: string): string {
  const ids = `${field(server, 'run_id')}/${field(replication, 'master_replid')}`;
  return createHash('sha256').update(ids).digest('base64url').slice(0, EPOCH_CHARACTERS);
}

/** One line of INFO's answer; empty when it has none of that name. */
export function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}
