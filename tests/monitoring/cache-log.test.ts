/** The cache's events in the log. */
import { beforeEach, describe, expect, it } from 'vitest';
import { EventHub } from '../../server/cache/events.ts';
import type { Cache, CacheEvent } from '../../server/cache/index.ts';
import { logCacheEvents } from '../../server/monitoring/cache-log.ts';

interface Line {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

let lines: Line[];
let emit: (event: CacheEvent) => void;

function listenAt(level: string): void {
  const write = (at: string) => (fields: object, message: string) =>
    void lines.push({ level: at, message, fields: fields as Line['fields'] });
  const log = { level, debug: write('debug'), info: write('info'), warn: write('warn') };
  const hub = new EventHub();
  emit = (event) => hub.emit(event);
  const on: Cache['on'] = (listener, options) => hub.on(listener as typeof emit, options?.types);
  logCacheEvents({ on }, log);
}

beforeEach(() => {
  lines = [];
});

const hit = (key: string): CacheEvent => ({
  type: 'hit',
  key,
  namespace: 'user',
  tier: 'l2',
  stale: false,
  ageMs: 3,
  ms: 0.1,
});
const miss = (key: string): CacheEvent => ({ type: 'miss', key, namespace: 'user', reason: 'absent' });

describe('the log', () => {
  it('has "Cache HIT" and "Cache MISS - fetching from source" with the key at debug level', () => {
    listenAt('debug');
    emit(miss('user:7'));
    emit(hit('user:7'));
    expect(lines).toMatchObject([
      { level: 'debug', message: 'Cache MISS - fetching from source', fields: { key: 'user:7' } },
      { level: 'debug', message: 'Cache HIT', fields: { key: 'user:7', tier: 'l2' } },
    ]);
  });

  it('has no reads above debug level', () => {
    listenAt('info');
    emit(miss('user:7'));
    emit(hit('user:7'));
    expect(lines).toEqual([]);
  });

  it('never has an e-mail or a session’s hash', () => {
    listenAt('trace');
    const hash = 'a3f'.repeat(21);
    const names = { keys: ['user:email:ann@example.org'] };
    emit(hit('user:email:ann@example.org'));
    emit(miss(`session:${hash}`));
    emit({ type: 'clear', pattern: 'user:email:ann@*', deleted: 1, ms: 1 });
    emit({ type: 'invalidate', names, acknowledged: false });
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toMatch(/ann@|a3fa3f/);
  });

  it('has clears, breaker, links and unacknowledged invalidations at info level and above', () => {
    listenAt('info');
    emit({ type: 'clear', pattern: 'user:*', deleted: 5, ms: 2 });
    emit({ type: 'breaker', state: 'open' });
    emit({ type: 'link', state: 'down', role: 'feed' });
    emit({ type: 'invalidate', names: { keys: ['user:7'] }, acknowledged: true });
    emit({ type: 'invalidate', names: { keys: ['user:7'] }, acknowledged: false });
    expect(lines.map((line) => `${line.level}: ${line.message}`)).toEqual([
      'info: Cache cleared by pattern',
      'warn: Cache breaker open',
      'warn: Cache link to Redis down',
      'warn: Cache invalidation not acknowledged, left to the relay',
    ]);
  });

  it('has one line a second for each kind of error, however many thousands fail', () => {
    listenAt('info');
    for (let i = 0; i < 1000; i++) {
      emit({ type: 'error', operation: 'get', error: new Error('away') });
      emit({ type: 'error', operation: 'set', error: new Error('away') });
    }
    expect(lines.map((line) => line.fields.operation)).toEqual(['get', 'set']);
  });
});
