/** A program's side of the channel to the test that started it: answers calls by name, and ends with the test. */

export type Handlers = Record<string, (argument: never) => unknown>;

export interface Call {
  id: number;
  name: string;
  argument: unknown;
}

export type Reply = { id: number; value: unknown } | { id: number; error: string };

/** Answers calls from now on. A handler that throws rejects the caller's promise with the same words. */
export function serve(handlers: Handlers): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (call: Call) => void answer(handlers, call));
  process.send?.({ id: 0, value: 'ready' });
}

async function answer(handlers: Handlers, { id, name, argument }: Call): Promise<void> {
  try {
    const handler = handlers[name] as ((given: unknown) => unknown) | undefined;
    if (!handler) throw new Error(`expected one of ${Object.keys(handlers).join(', ')}, got ${name}`);
    say({ id, value: await handler(argument) });
  } catch (error) {
    say({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

/** The test may be gone by now. */
function say(reply: Reply): void {
  if (process.connected) process.send?.(reply, () => undefined);
}
