/**
 * A TCP proxy that stands between a program and a server and can misbehave as networks do. What it holds back
 * while it is cut or slow is delivered later, in order, as TCP would after a partition.
 */
import { createConnection, createServer, type Server, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** `redis://`-like URLs: the target's URL with this proxy's host and port. */
  readonly url: string;
  /**
   * A partition: nothing passes in either direction, connections stay open. `only` those whose first requests match,
   * such as `/TRACKING/` for a subscriber's.
   */
  cut(only?: RegExp): void;
  /** The requests pass, the answers do not: a command that timed out is still carried out. */
  holdAnswers(): void;
  /** Every connection is closed and new ones are closed at once. */
  refuse(): void;
  /** Ends `cut`, `holdAnswers`, `refuse` and `delay`; delivers what was held. */
  heal(): void;
  /** Delivers bytes in each direction this many ms late. */
  delay(ms: number): void;
  connections(): number;
  /** What it has done so far: pieces of data that were held back or late, and connections that were refused. */
  readonly done: { held: number; refused: number };
  close(): Promise<void>;
}

/** Enough of a connection's beginning to tell what it is for. */
const FIRST_REQUESTS = 4096;

type Mode = 'open' | 'cut' | 'holdAnswers' | 'refuse';

/** Starts a proxy in front of `target`, a URL such as `redis://:password@127.0.0.1:6379`. */
export async function tcpProxy(target: string): Promise<TcpProxy> {
  const upstream = new URL(target);
  let mode: Mode = 'open';
  let delayMs = 0;
  let only: RegExp | undefined;
  const done = { held: 0, refused: 0 };
  const pairs = new Set<Pair>();

  const server = createServer((client) => {
    if (mode === 'refuse') {
      done.refused++;
      return void client.destroy();
    }
    let said = '';
    client.on('data', (bytes: Buffer) => {
      if (said.length < FIRST_REQUESTS) said += bytes.toString('latin1');
    });
    const isCut = (): boolean => mode === 'cut' && (only?.test(said) ?? true);
    const isHeld = (): boolean => isCut() || mode === 'holdAnswers';
    const through = { delayMs: () => delayMs, onHeld: () => done.held++ };
    const backend = createConnection({ host: upstream.hostname, port: Number(upstream.port) });
    const pair: Pair = {
      client,
      toServer: pump({ from: client, to: backend, isHeld: isCut, ...through }),
      toClient: pump({ from: backend, to: client, isHeld, ...through }),
    };
    pairs.add(pair);
    client.once('close', () => pairs.delete(pair));
  });
  const port = await listen(server);
  const release = (): void => {
    for (const pair of pairs) {
      pair.toServer.flush();
      pair.toClient.flush();
    }
  };
  const change = (next: Mode): void => {
    mode = next;
    release();
  };
  const dropAll = (): void => {
    for (const { client } of pairs) client.destroy();
  };
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    port,
    url: url.href,
    cut(pattern) {
      only = pattern;
      change('cut');
    },
    holdAnswers: () => change('holdAnswers'),
    refuse() {
      change('refuse');
      dropAll();
    },
    heal() {
      delayMs = 0;
      change('open');
    },
    delay(ms) {
      delayMs = ms;
    },
    connections: () => pairs.size,
    done,
    async close() {
      dropAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Pair {
  client: Socket;
  toServer: Pump;
  toClient: Pump;
}

interface Pump {
  /** Writes what is due, in order; keeps the rest. */
  flush(): void;
}

interface PumpOptions {
  from: Socket;
  to: Socket;
  isHeld(): boolean;
  delayMs(): number;
  onHeld(): void;
}

function pump({ from, to, isHeld, delayMs, onHeld }: PumpOptions): Pump {
  const queue: { bytes: Buffer; dueAt: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    while (queue[0] && !isHeld()) {
      const waitMs = queue[0].dueAt - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(flush, waitMs);
        return;
      }
      to.write(queue[0].bytes);
      queue.shift();
    }
  };
  from.on('data', (bytes: Buffer) => {
    queue.push({ bytes, dueAt: performance.now() + delayMs() });
    flush();
    if (queue.length > 0) onHeld();
  });
  from.on('error', () => to.destroy());
  from.on('close', () => {
    clearTimeout(timer);
    to.destroy();
  });
  from.setNoDelay(true);
  return { flush };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      resolve(address.port);
    });
  });
}
