/** Column kinds that several tables share, the same on MySQL and MariaDB. */
import { sql } from 'drizzle-orm';
import { customType, datetime, int } from 'drizzle-orm/mysql-core';

/** Text compared byte by byte, so that a unique index tells `e` from `é` and a key has one row. */
export const exactText = customType<{ data: string; config: { length: number } }>({
  dataType: (config) => `varchar(${config?.length ?? 255}) character set utf8mb4 collate utf8mb4_bin`,
});

/** JSON that arrives parsed from MySQL, and as text from a MariaDB driver without extended metadata. */
export const json = <T>() =>
  customType<{ data: T; driverData: string }>({
    dataType: () => 'json',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value: unknown) => (typeof value === 'string' ? JSON.parse(value) : value) as T,
  });

/** Bytes up to 16 MB a value. */
export const bytes = customType<{ data: Buffer }>({ dataType: () => 'mediumblob' });

/** An instant in UTC with milliseconds. */
export const instant = (name: string) => datetime(name, { mode: 'date', fsp: 3 });

/** An instant that the database fills in. */
export const instantNow = (name: string) => instant(name).notNull().default(sql`CURRENT_TIMESTAMP(3)`);

export const id = () => int('id').autoincrement().primaryKey();
