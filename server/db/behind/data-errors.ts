/** Which of the database's errors say that an operation can never be applied as it is. */

/**
 * Certainly about the data. Everything else, known or not (a lock that was held, a deadlock, a full disk, a table that
 * is being changed), may pass: such an operation waits.
 */
const ABOUT_DATA = new Set([
  1048, // a column cannot be null
  1054, // unknown column
  1062, // duplicate key
  1216, // foreign key, in short words
  1217,
  1264, // out of range
  1265, // a value was cut
  1292, // a wrong instant
  1364, // no default value
  1366, // a wrong number or character
  1406, // too long
  1451, // other rows refer to it
  1452, // refers to a row that there is not
  1690, // a sum out of range
  3819, // check constraint of MySQL
  4025, // check constraint of MariaDB
]);

export function isAboutData(error: unknown): boolean {
  return driverErrorOf(error) !== null;
}

/** What the database said, without the statement. */
export function reasonOf(error: unknown): string {
  return driverErrorOf(error)?.message ?? String(error);
}

function driverErrorOf(error: unknown): Error | null {
  for (let at = error; at instanceof Error; at = at.cause)
    if (ABOUT_DATA.has((at as { errno?: number }).errno ?? 0)) return at;
  return null;
}
