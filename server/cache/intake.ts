/**
 * The intake channel `{prefix}cache:invalidate`: other programs, and `publishInvalidation`, say what they made old.
 * A message is checked like any input; a strange one is announced as an error and changes nothing. Every process hears
 * it; each does the same idempotent work.
 */
import type { Engine } from './engine.ts';
import { InvalidArgumentError, UnacknowledgedError } from './errors.ts';
import { invalidate } from './invalidate.ts';
import { clearPattern } from './sweep.ts';
import type { InvalidationMessage } from './types.ts';

const MAX_MESSAGE = 4096;

/** @throws UnacknowledgedError, InvalidArgumentError */
export async function publishInvalidation(engine: Engine, message: InvalidationMessage): Promise<void> {
  const text = JSON.stringify(message);
  if (!parse(text)) throw new InvalidArgumentError('message', FORMS, text);
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  try {
    await engine.writes.run({ op: 'publish', channel: engine.names.channel, message: text });
  } catch (error) {
    throw new UnacknowledgedError('publish', error);
  }
}

export async function receive(engine: Engine, text: string): Promise<void> {
  const message = parse(text);
  try {
    if (!message) throw new InvalidArgumentError('message', FORMS, text);
    if (message.type === 'key') await invalidate(engine, { keys: [message.key] });
    else if (message.type === 'tag') await invalidate(engine, { tags: [message.tag] });
    else await clearPattern(engine, message.pattern);
  } catch (error) {
    if (engine.events.heard.error) engine.events.emit({ type: 'error', operation: 'intake', error });
  }
}

const FORMS = '{type: "key", key} or {type: "tag", tag} or {type: "pattern", pattern}';

function parse(text: string): InvalidationMessage | null {
  if (text.length > MAX_MESSAGE) return null;
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null) return null;
    const { type, key, tag, pattern } = message as Record<string, unknown>;
    if (type === 'key' && isName(key)) return { type, key };
    if (type === 'tag' && isName(tag)) return { type, tag };
    if (type === 'pattern' && isName(pattern)) return { type, pattern };
    return null;
  } catch {
    return null;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 512;
}
