/** Time zones by their IANA names, and the instants that a wall clock there means. */

/** Names, never offsets: `+02:00` does not know when summer ends. */
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;
const formats = new Map<string, Intl.DateTimeFormat>();

export function isZone(zone: string): boolean {
  return ZONE_NAME.test(zone) && formatOf(zone) !== undefined;
}

export interface WallTime {
  year: number;
  /** 1 is January. */
  month: number;
  day: number;
  hour: number;
  minute: number;
}

/**
 * The instants at which a clock in the zone shows that time: one as a rule, none while the clock is put forward,
 * two while it is put back.
 */
export function instantsOf(wall: WallTime, zone: string): Date[] {
  const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute);
  const offsets = new Set([offsetAt(asUtc - DAY_MS, zone), offsetAt(asUtc + DAY_MS, zone)]);
  return [...offsets]
    .map((offset) => asUtc - offset)
    .filter((instant) => instant + offsetAt(instant, zone) === asUtc)
    .sort((a, b) => a - b)
    .map((instant) => new Date(instant));
}

const DAY_MS = 86_400_000;

/** How far the zone's clock is ahead of UTC at the instant, in ms. */
function offsetAt(instant: number, zone: string): number {
  const format = formatOf(zone);
  if (!format) throw new Error(`Expected an IANA time zone such as Europe/Berlin, got ${zone}`);
  const parts = Object.fromEntries(
    format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known) return known;
  try {
    const format = new Intl.DateTimeFormat('en-u-hc-h23', {
      timeZone: zone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
    return format;
  } catch {
    return undefined;
  }
}
