/** Every statement on its way to the database, whether as text or prepared. */
import mysql, { type Connection as MysqlConnection } from 'mysql2';

interface Sender {
  addCommand(this: MysqlConnection, command: { sql?: string; statement?: { query: string } }): unknown;
}

const { Connection } = mysql as unknown as { Connection: { prototype: Sender } };

/** The statements that are sent meanwhile. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const texts: string[] = [];
  await withSight((text) => texts.push(text), work);
  return texts;
}

/** The connection breaks instead of sending the statement that begins so. */
export function failingAt<T>(statement: string, work: () => Promise<T>): Promise<T> {
  return withSight((text, connection) => {
    if (text.startsWith(statement)) connection.destroy();
  }, work);
}

async function withSight<T>(
  see: (text: string, connection: MysqlConnection) => void,
  work: () => Promise<T>,
): Promise<T> {
  const send = Connection.prototype.addCommand;
  Connection.prototype.addCommand = function (this: MysqlConnection, command): unknown {
    see(command.sql ?? command.statement?.query ?? 'prepare', this);
    return Reflect.apply(send, this, [command]);
  };
  try {
    return await work();
  } finally {
    Connection.prototype.addCommand = send;
  }
}
