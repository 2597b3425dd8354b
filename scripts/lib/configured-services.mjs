/** Servers that the environment names: they are used as they are, never started, and must answer. */
import { whyNoDatabase, whyNoRedis } from './reachability.mjs';
import { PlainError } from './terminal.mjs';

/**
 * What the environment names.
 * @returns {{ database: string | null, cache: string | null, queue: string | null, nodes: string[] }} addresses;
 *   `cache` is the first node of a cluster where there is one
 */
export function configuredServices(env = process.env) {
  const nodes = (env.REDIS_CLUSTER_NODES ?? '')
    .split(',')
    .map((node) => node.trim())
    .filter(Boolean);
  const cache = redisUrlOf(env);
  return {
    database: env.DATABASE_URL || null,
    cache: cache ?? (nodes[0] ? `redis://${nodes[0]}` : null),
    // A cluster cannot hold the queue; a single configured Redis does, unless the queue has its own.
    queue: env.QUEUE_REDIS_URL || cache,
    nodes,
  };
}

function redisUrlOf(env) {
  if (env.REDIS_URL) return env.REDIS_URL;
  if (!env.REDIS_HOST && !env.REDIS_PORT) return null;
  return `redis://${env.REDIS_HOST || '127.0.0.1'}:${env.REDIS_PORT || 6379}`;
}

/** Throws a PlainError that names every configured server which does not answer. */
export async function demandReachable({ database, cache, queue, nodes }) {
  const checks = [
    database && complaint({ name: 'DATABASE_URL', url: database, ask: whyNoDatabase }),
    ...(nodes.length > 0
      ? [clusterComplaint(nodes)]
      : [cache && complaint({ name: 'REDIS_URL', url: cache, ask: whyNoRedis })]),
    queue && queue !== cache && complaint({ name: 'QUEUE_REDIS_URL', url: queue, ask: whyNoRedis }),
  ];
  const complaints = (await Promise.all(checks.filter(Boolean))).filter(Boolean);
  if (complaints.length === 0) return;
  throw new PlainError(
    [
      ...complaints,
      'Configured servers are never started. Start them, correct the address, or unset the variable.',
    ].join('\n'),
  );
}

/** One node that answers is enough: the program learns the others from it. */
async function clusterComplaint(nodes) {
  const complaints = await Promise.all(
    nodes.map((node) => complaint({ name: 'REDIS_CLUSTER_NODES', url: `redis://${node}`, ask: whyNoRedis })),
  );
  return complaints.every(Boolean) ? complaints.join('\n') : null;
}

async function complaint({ name, url, ask }) {
  if (!URL.canParse(url)) return `${name}: ${hidePassword(url)} is not an address`;
  const reason = await ask(url);
  return reason === null ? null : `${name}: no server can be used at ${hidePassword(url)}: ${reason}`;
}

/** An address as it may be shown. */
export function hidePassword(url) {
  return url.replace(/(:\/\/[^/@]*:)[^/@]*@/, '$1***@');
}
