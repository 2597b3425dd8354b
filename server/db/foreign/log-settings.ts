/** What the database server's log must hold, so that it tells every change by its rows. */
import type { Connection } from 'mysql2/promise';

/** Settings that a server does not have are fine: later versions know no other format. */
const EXPECTED: Record<string, string> = {
  log_bin: 'ON',
  binlog_format: 'ROW',
  binlog_row_image: 'FULL',
  binlog_row_value_options: '',
  binlog_transaction_compression: 'OFF',
};

/** Throws in words what is set otherwise than expected, and what to do about it. */
export async function checkLogSettings(connection: Connection): Promise<void> {
  const names = Object.keys(EXPECTED);
  const [rows] = await connection.query('SHOW GLOBAL VARIABLES WHERE variable_name IN (?)', [names]);
  const wrong = (rows as { Variable_name: string; Value: string }[])
    .map(({ Variable_name: name, Value: value }) => ({ name, value, expected: EXPECTED[name] }))
    .filter(({ value, expected }) => value.toUpperCase() !== expected);
  if (wrong.length === 0) return;
  const told = wrong.map(({ name, value, expected }) => `expected ${name}='${expected}', got '${value}'`);
  throw new Error(
    `Other programs' writes cannot be read from the database server's log: ${told.join('; ')}. ${REMEDY}`,
  );
}

const REMEDY =
  "Set it in the server's configuration file, and all but log_bin with SET GLOBAL as well; clients that are connected already keep what they have until they connect again";
