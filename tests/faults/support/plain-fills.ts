/**
 * The engine's Redis with the fill's comparison taken out: entries are written by a plain SET, whatever stands in the
 * slot. For showing that a run finds the stale reads that the comparison prevents.
 */

import type { Command, Ports } from '../../../server/cache/ports.ts';
import { SingleRedis } from '../../../server/cache/redis/single.ts';
import { TrackingFeed } from '../../../server/cache/redis/tracking.ts';
import { systemClock, systemTimers } from '../../../server/cache/system.ts';

const VALUE = 0x56;

export function plainFills(url: string, prefix: string): Pick<Ports, 'redis' | 'feed'> {
  const system = { clock: systemClock, timers: systemTimers };
  const redis = new SingleRedis(url, { ...system, timeoutMs: 50, apart: 'apart:' });
  const send = redis.send.bind(redis);
  redis.send = async (commands) => {
    const answer = await send(commands.map(withoutComparison));
    const replies = answer.replies.map((reply, at) => (isFill(commands[at]) ? true : reply));
    return { ...answer, replies };
  };
  return { redis, feed: new TrackingFeed({ address: url, prefix, channel: null, ...system }) };
}

function withoutComparison(command: Command): Command {
  if (!isFill(command)) return command;
  return { op: 'set', key: command.key, value: command.value, px: command.px };
}

function isFill(command?: Command): command is Extract<Command, { op: 'cas' }> & { value: Buffer } {
  return command?.op === 'cas' && command.value?.[0] === VALUE;
}
