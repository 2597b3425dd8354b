/**
 * The pool's connections, as writes use them: their sessions do not commit by themselves (`autocommit = 0`), so that a
 * transaction begins with its first statement and no write pays a round trip for BEGIN.
 *
 * It is one pool, of one limit. An idle connection of this kind is kept apart for the next write; a reader who finds no
 * other gets it, and it is set back first: a read on it would begin a transaction that nobody ends.
 */
import type { Pool, PoolConnection } from 'mysql2';

export class WriteConnections {
  readonly #pool: Pool;
  readonly #lend: Pool['getConnection'];
  readonly #manual = new WeakSet<PoolConnection>();
  readonly #steps = new WeakMap<PoolConnection, number>();
  #idle: PoolConnection[] = [];

  /** Every reader of the pool comes through its `getConnection`, which is replaced here. */
  constructor(pool: Pool) {
    this.#pool = pool;
    this.#lend = pool.getConnection.bind(pool);
    pool.getConnection = (callback) => this.#lendToReader(callback);
    pool.on('connection', (connection) => {
      for (const event of ['end', 'error']) connection.once(event, () => this.#forget(connection));
    });
    // The one who waits stands in the queue only after this event.
    pool.on('enqueue', () => process.nextTick(() => this.#yield()));
  }

  /** Connections that wait for a write. The pool itself counts them as in use. */
  get idle(): number {
    return this.#idle.length;
  }

  /** A connection without a transaction, which its next statement begins. */
  async acquire(): Promise<PoolConnection> {
    const idle = this.#idle.pop();
    if (idle) {
      socketOf(idle)?.ref();
      return idle;
    }
    const connection = await this.#borrow();
    if (!this.#manual.has(connection)) await this.#makeManual(connection);
    return connection;
  }

  /** Takes back a connection whose transaction has ended. Who waits for one, reader or writer, comes first. */
  release(connection: PoolConnection): void {
    if (!this.#manual.has(connection) || poolInside(this.#pool)._connectionQueue.length > 0) {
      connection.release();
      return;
    }
    socketOf(connection)?.unref();
    this.#idle.push(connection);
  }

  /** By how much the server's next id is larger: more than 1 where several servers take writes (Galera). */
  stepOf(connection: PoolConnection): number {
    return this.#steps.get(connection) ?? 1;
  }

  #borrow(): Promise<PoolConnection> {
    return new Promise((resolve, reject) =>
      this.#lend((error, connection) => (error ? reject(error) : resolve(connection))),
    );
  }

  /** Awaited: were it refused, every statement would be committed alone. */
  async #makeManual(connection: PoolConnection): Promise<void> {
    try {
      const rows = await ask(connection, 'select @@auto_increment_increment as step');
      this.#steps.set(connection, Number((rows as [{ step: number }])[0].step));
      await ask(connection, 'set autocommit = 0');
      this.#manual.add(connection);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  #lendToReader(callback: Parameters<Pool['getConnection']>[0]): void {
    this.#lend((error, connection) => {
      if (error || !this.#manual.delete(connection)) {
        callback(error, connection);
        return;
      }
      connection.query('set autocommit = 1', (refused) => {
        if (refused) connection.destroy();
        callback(refused, connection);
      });
    });
  }

  #yield(): void {
    if (poolInside(this.#pool)._connectionQueue.length === 0) return;
    const connection = this.#idle.pop();
    if (!connection) return;
    socketOf(connection)?.ref();
    connection.release();
  }

  #forget(connection: PoolConnection): void {
    this.#manual.delete(connection);
    this.#idle = this.#idle.filter((idle) => idle !== connection);
  }
}

function ask(connection: PoolConnection, statement: string): Promise<unknown> {
  return new Promise((resolve, reject) =>
    connection.query(statement, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

/** What mysql2 keeps of a pool and does not tell in its types. */
export function poolInside(
  pool: Pool,
): Record<'_allConnections' | '_freeConnections' | '_connectionQueue', { length: number }> {
  return pool as never;
}

/** An idle connection must not keep a script alive whose work is done. */
export function socketOf(connection: PoolConnection): { ref(): void; unref(): void } | undefined {
  return (connection as unknown as { stream?: { ref(): void; unref(): void } }).stream;
}
