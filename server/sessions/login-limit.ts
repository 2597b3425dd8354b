/**
 * How often passwords may be tried: so many times a minute for one account, wherever from, and for one network,
 * whichever account. Tries count before the password is looked at, so that many at once count as many.
 */
import { createHash } from 'node:crypto';
import { config } from '../config.ts';
import type { Context } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';

type Asker = Pick<Context, 'limits' | 'network'>;

/** Throws `TOO_MANY_REQUESTS` with the seconds to wait. */
export async function takePasswordTry({ limits, network }: Asker, email: string): Promise<void> {
  const limit = config().loginPerMinute;
  const waits = await Promise.all([
    limits.take(accountCounter(email), { limit }),
    limits.take(networkCounter(network), { limit }),
  ]);
  const retryAfterS = Math.max(...waits);
  if (retryAfterS === 0) return;
  throw appError('TOO_MANY_REQUESTS', {
    message: `Too many attempts to log in: try again in ${retryAfterS} s`,
    expected: `at most ${limit} attempts a minute`,
    got: 'more',
    retryAfterS,
  });
}

/** A right password is given back to its network: colleagues behind one address may all come in at nine. */
export function giveBackNetworkTry({ limits, network }: Asker): Promise<void> {
  return limits.giveBack(networkCounter(network));
}

/** The address itself stands in no key. */
function accountCounter(email: string): string {
  return `login:account:${createHash('sha256').update(email).digest('hex').slice(0, 32)}`;
}

function networkCounter(network: string): string {
  return `login:net:${network}`;
}
