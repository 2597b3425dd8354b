/** Types of binaries.mjs for the tests. */
export function findDatabaseServer(): {
  kind: 'mariadb' | 'mysql';
  server: string;
  installer: string | null;
} | null;
export function findRedisServer(): { kind: 'redis' | 'valkey'; server: string } | null;
