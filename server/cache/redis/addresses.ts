/** Where a cluster's masters are: `host:port`, or a URL that also carries the account of all of them. */
import { InvalidArgumentError } from '../errors.ts';
import type { ServerAddress } from './server.ts';

const DEFAULT_PORT = 6379;

/** @throws InvalidArgumentError */
export function parseAddress(text: string): ServerAddress {
  const url = URL.parse(text.includes('://') ? text : `redis://${text}`);
  if (!url?.hostname) throw new InvalidArgumentError('cluster node', 'host:port or redis://host:port', text);
  const address: ServerAddress = { host: url.hostname, port: Number(url.port) || DEFAULT_PORT };
  if (url.username) address.username = decodeURIComponent(url.username);
  if (url.password) address.password = decodeURIComponent(url.password);
  if (url.protocol === 'rediss:') address.tls = {};
  return address;
}

export function nameOf({ host, port }: ServerAddress): string {
  return `${host}:${port}`;
}
