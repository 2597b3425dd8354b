/** Types of test-servers.mjs for the tests. */
export interface TestServers {
  env: { TEST_DATABASE_URL: string; TEST_REDIS_URL: string; TEST_QUEUE_REDIS_URL: string };
  stop(): Promise<void>;
}

export interface ExtraRedis {
  port: number;
  pid: number;
  url: string;
  folder: string;
  stop(): Promise<void>;
  remove(): void;
}

export interface ExtraRedisOptions {
  use?: 'cache' | 'queue';
  /** Lines added to the server's configuration; they win over the usual ones. */
  lines?: readonly string[];
  /** True: no password is asked for. */
  open?: boolean;
  port?: number;
  folder?: string;
}

export function startTestServers(): Promise<TestServers>;
export function startExtraRedis(options?: ExtraRedisOptions): Promise<ExtraRedis>;
