/** The ioredis client of a connection that carries the engine's commands as well. */
import { type Command, Redis } from 'ioredis';
import { InvalidArgumentError } from '../errors.ts';

const SUBSCRIBING = new Set(['subscribe', 'psubscribe', 'ssubscribe', 'monitor']);

export class SharedClient extends Redis {
  /** A subscribed connection could carry nothing else: such commands are refused here. */
  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    if (!SUBSCRIBING.has(command.name.toLowerCase())) return super.sendCommand(command, stream);
    command.reject(
      new InvalidArgumentError('redis()', 'no subscription: use redis().duplicate() for one', command.name),
    );
    return command.promise;
  }
}
