/** Is there a MySQL or a Redis at this address? Asked with the first bytes of their protocols, without a client library. */
import { firstBytes } from './ports.mjs';

/** Returns null when a MySQL or MariaDB server greets at the address, otherwise the reason in words. */
export async function whyNoDatabase(url, { withinMs = 3000 } = {}) {
  try {
    const packet = await firstBytes({ ...addressOf(url, 3306), withinMs });
    if (packet[4] === 0x0a) return null;
    return packet[4] === 0xff
      ? `it refused: ${packet.subarray(7).toString()}`
      : 'what answers there is not MySQL';
  } catch (error) {
    return reasonOf(error);
  }
}

/** Returns null when a Redis or Valkey server answers at the address and takes its password, otherwise the reason in words. */
export async function whyNoRedis(url, { withinMs = 3000 } = {}) {
  const tls = new URL(url).protocol === 'rediss:';
  // A password is not sent over a connection whose certificate nobody checked: there any answer is enough.
  const greeting = tls ? command('PING') : (authOf(url) ?? command('PING'));
  try {
    const answer = (await firstBytes({ ...addressOf(url, 6379), greeting, tls, withinMs })).toString();
    if (/^\+(OK|PONG)/.test(answer) || (tls && answer.startsWith('-NOAUTH'))) return null;
    return answer.startsWith('-')
      ? `it refused: ${answer.slice(1).split('\r\n')[0]}`
      : 'what answers there is not Redis';
  } catch (error) {
    return reasonOf(error);
  }
}

/** Repeats `ask` until it returns null; returns the last reason when `withinMs` have passed or `giveUp()` is true. */
export async function waitUntilNull(ask, { withinMs, everyMs = 20, giveUp = () => false }) {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const reason = await ask();
    if (reason === null || Date.now() >= deadline || giveUp()) return reason;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

function addressOf(url, defaultPort) {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(port || defaultPort) };
}

function authOf(url) {
  const [username, password] = [new URL(url).username, new URL(url).password].map(decodeURIComponent);
  if (!password) return null;
  return username ? command('AUTH', username, password) : command('AUTH', password);
}

function command(...words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

function reasonOf(error) {
  const known = {
    ECONNREFUSED: 'nothing listens there (connection refused)',
    ENOTFOUND: 'the host name is unknown',
    EAI_AGAIN: 'the host name could not be looked up',
    EHOSTUNREACH: 'the host cannot be reached',
    ENETUNREACH: 'the network cannot be reached',
  };
  return known[error.code] ?? error.message;
}
