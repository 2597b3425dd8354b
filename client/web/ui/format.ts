/** Numbers, sizes, spans and instants as people read them, in the browser's language and zone. */

const whole = new Intl.NumberFormat();
const instant = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const withZone = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const SIZES = ['B', 'KB', 'MB', 'GB', 'TB'];

export const count = (value: number) => whole.format(value);

/** `1 row`, `2 rows`. */
export const plural = (value: number, one: string, many = `${one}s`) =>
  `${count(value)} ${value === 1 ? one : many}`;

/** A percentage from 0 to 100 with at most two decimals. */
export const percent = (value: number, decimals = 2) => `${value.toFixed(decimals)} %`;

/** The share of a whole in percent; 0 of 0 is 0. */
export const share = (part: number, all: number) => (all > 0 ? (part / all) * 100 : 0);

/** Bytes in steps of 1024. */
export function size(bytes: number): string {
  const step = bytes > 0 ? Math.min(Math.floor(Math.log2(bytes) / 10), SIZES.length - 1) : 0;
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${SIZES[step]}`;
}

/** Milliseconds, with the unit that fits. */
export function milliseconds(ms: number): string {
  if (ms > 0 && ms < 0.1) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms > 0 && ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms > 0 && ms < 100) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms / 1000);
}

/** A span of seconds: `8 s`, `3 min 20 s`, `2 h 5 min`. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${s / 60} min`;
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours < 48 ? `${hours} h ${minutes} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export const when = (date: Date) => instant.format(date);
export const timeOfDay = (date: Date) => clock.format(date);

/** The instant to the second, with its zone. */
export const whenWithZone = (date: Date) => withZone.format(date);

/** The same in long words, for titles and details. */
export const whenExactly = (date: Date) =>
  date.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'long' });
