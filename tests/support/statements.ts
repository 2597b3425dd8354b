/** Every statement on its way to the database, whether as text or prepared. */
import mysql, { type Connection as MysqlConnection } from 'mysql2';

interface Command {
  sql?: string;
  statement?: { query: string };
}

interface Sender {
  addCommand(this: MysqlConnection, command: Command): unknown;
}

const { Connection } = mysql as unknown as { Connection: { prototype: Sender } };

/** The statements that are sent meanwhile. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  await withSight((text) => {
    texts.push(text);
    return null;
  }, work);
  return texts;
}

/** The connection breaks instead of sending the statement that begins so. */
export function failingAt<T>(statement: string, work: () => Promise<T>): Promise<T> {
  return withSight((text, connection) => {
    if (text.startsWith(statement)) connection.destroy();
    return null;
  }, work);
}

/** `meanwhile` happens once, just before the first statement that begins so is sent. */
export function justBefore<T>(
  statement: string,
  meanwhile: () => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  let isDone = false;
  return withSight((text) => {
    if (isDone || !text.startsWith(statement)) return null;
    isDone = true;
    return meanwhile();
  }, work);
}

/** What `see` promises is awaited before the statement is sent. */
async function withSight<T>(
  see: (text: string, connection: MysqlConnection) => Promise<unknown> | null,
  work: () => Promise<T>,
): Promise<T> {
  const send = Connection.prototype.addCommand;
  Connection.prototype.addCommand = function (this: MysqlConnection, command): unknown {
    const wait = see(command.sql ?? command.statement?.query ?? 'prepare', this);
    if (!wait) return Reflect.apply(send, this, [command]);
    void wait.then(() => void Reflect.apply(send, this, [command]));
    return command;
  };
  try {
    return await work();
  } finally {
    Connection.prototype.addCommand = send;
  }
}
