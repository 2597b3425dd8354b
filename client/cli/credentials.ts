/**
 * Where the command keeps who is signed in: one file that only its owner may read, under XDG_CONFIG_HOME (~/.config).
 * LARDER_TOKEN and LARDER_URL win over it and are never written down.
 */
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Credentials {
  url: string;
  token: string | null;
}

const DEFAULT_URL = 'http://127.0.0.1:3000';

export function credentialsFile(env: Environment): string {
  const config = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
  return join(config, 'larder', 'credentials.json');
}

/** The server and the token to use: by option, environment, file, in this order. A token is sent only to the server that gave it. */
export async function findCredentials(env: Environment, wantedUrl?: string): Promise<Credentials> {
  const kept = await readKept(env);
  const url = wantedUrl ?? env.LARDER_URL ?? kept?.url ?? DEFAULT_URL;
  return { url, token: env.LARDER_TOKEN ?? (kept?.url === url ? kept.token : null) };
}

/** Written beside and moved into place, so that nobody ever reads a half or a file with wider rights. */
export async function keepCredentials(env: Environment, credentials: Credentials): Promise<string> {
  const file = credentialsFile(env);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
  return file;
}

export async function forgetCredentials(env: Environment): Promise<void> {
  await rm(credentialsFile(env), { force: true });
}

async function readKept(env: Environment): Promise<Credentials | null> {
  const content = await readFile(credentialsFile(env), 'utf8').catch(() => null);
  if (content === null) return null;
  try {
    const { url, token } = JSON.parse(content) as Partial<Credentials>;
    return typeof url === 'string' ? { url, token: typeof token === 'string' ? token : null } : null;
  } catch {
    return null;
  }
}
