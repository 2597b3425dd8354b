/** What Prometheus hears of this process's warm-ups. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Provided } from './provided.ts';

/** Answers how to stop counting. */
export function addWarmUps(registry: Registry, { onWarmUp }: Pick<Provided, 'onWarmUp'>): () => void {
  const registers = [registry];
  const total = new Counter({
    name: 'cache_warm_ups_total',
    help: 'Warm-ups that this process did; result is partial when a category failed',
    labelNames: ['reason', 'result'],
    registers,
  });
  const gauge = (name: string, help: string) => new Gauge({ name: `cache_warm_up_${name}`, help, registers });
  const at = gauge('timestamp_seconds', 'When the last of them ended, 0 before it');
  const entries = gauge('entries', 'Entries that stood after the last of them');
  const ms = gauge('duration_ms', 'How long the last of them took');
  return onWarmUp((report) => {
    total.inc({ reason: report.reason, result: report.ok ? 'ok' : 'partial' });
    at.set(report.at.getTime() / 1000);
    entries.set(report.entries);
    ms.set(report.ms);
  });
}
