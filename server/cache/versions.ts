/** Named versions of one key: `{key}#{version}` holds the value, `{key}#` says which version is current. */
import { getOne, setOne } from './direct.ts';
import type { Engine } from './engine.ts';
import { invalidate } from './invalidate.ts';

/** Writes the version and makes it current. */
export async function setWithVersion(
  engine: Engine,
  key: string,
  { version, value, ttl }: { version: string; value: unknown; ttl: number },
): Promise<void> {
  await setOne(engine, { key: `${key}#${version}`, value, ttl });
  await setOne(engine, { key: `${key}#`, value: version, ttl });
}

export async function getWithVersion(engine: Engine, key: string, version?: string): Promise<unknown> {
  const asked = version ?? (await getOne(engine, `${key}#`));
  return typeof asked === 'string' ? getOne(engine, `${key}#${asked}`) : null;
}

/** Drops one version; where it was the current one, there is none until the next is written. */
export async function invalidateVersion(engine: Engine, key: string, version: string): Promise<void> {
  const current = await getOne(engine, `${key}#`);
  const keys = current === version ? [`${key}#${version}`, `${key}#`] : [`${key}#${version}`];
  await invalidate(engine, { keys });
}
