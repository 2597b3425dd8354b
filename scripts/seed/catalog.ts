/** Courses, products and events that read like a real shop's, around the day of seeding. */
import { courses, events, PRODUCT_TYPES, products } from '../../drizzle/schema.ts';
import { slugify } from '../../server/catalog/slug.ts';
import { instantsOf } from '../../server/catalog/zones.ts';
import { write } from '../../server/db/index.ts';
import type { SeededRandom } from './random.ts';

export interface CatalogSizes {
  courses: number;
  products: number;
  events: number;
}

export interface SeededCatalog {
  courseIds: number[];
  productIds: number[];
  eventIds: number[];
}

/** The shares of what is on sale; the rest are drafts. */
const PUBLISHED = 0.9;
const DAY_MS = 86_400_000;

const TOPICS = [
  'TypeScript',
  'SQL',
  'Redis',
  'Bread Baking',
  'Watercolour',
  'Spanish',
  'Piano',
  'Bookkeeping',
  'Photography',
  'Public Speaking',
  'Vegetable Gardening',
  'Chess',
  'Yoga',
  'Linux',
  'Statistics',
  'Ceramics',
  'Film Editing',
  'Español para viajeros',
  'Français pratique',
  '日本語入門',
  'Data Modelling',
  'Home Brewing',
  'Woodwork',
  'Typography',
] as const;
const COURSE_FORMS = [
  'for Beginners',
  'in Practice',
  'from Scratch',
  'Masterclass',
  'at Your Own Pace',
  'in Thirty Days',
  'Step by Step',
  'Workshop',
] as const;
const PRODUCT_FORMS: Record<(typeof PRODUCT_TYPES)[number], readonly string[]> = {
  pdf: ['Cheat Sheet', 'Workbook', 'Checklist'],
  ebook: ['Handbook', 'Field Guide', 'Companion'],
  video: ['Video Series', 'Recorded Workshop'],
  audio: ['Audio Course', 'Listening Pack'],
  template: ['Template Pack', 'Starter Kit'],
  software: ['Desktop Helper', 'Practice App'],
  bundle: ['Complete Bundle', 'Gift Box'],
};
const CATEGORIES = ['technology', 'languages', 'arts', 'home & garden', 'business', 'well-being'] as const;
const EVENT_FORMS = [
  'Meetup',
  'Evening Class',
  'Open Day',
  'Live Q&A',
  'Summer School',
  'Conference',
] as const;
const PLACES = [
  { zone: 'Europe/Berlin', venue: 'Alte Münze, Berlin' },
  { zone: 'Europe/Lisbon', venue: 'LX Factory, Lisboa' },
  { zone: 'America/New_York', venue: 'Pier 57, New York' },
  { zone: 'Asia/Tokyo', venue: '渋谷ホール, Tokyo' },
  { zone: 'Asia/Kolkata', venue: 'Rangoli Centre, Bengaluru' },
  { zone: 'UTC', venue: 'Online' },
] as const;
const PRICES = [0, 900, 1500, 1900, 2900, 4900, 7900, 12_900] as const;
const SECTIONS = [
  'First steps',
  'The basics',
  'Going deeper',
  'A project of your own',
  'Common mistakes',
] as const;

/** Inserts the catalogue and answers the ids of what is published. */
export async function seedCatalog(
  random: SeededRandom,
  sizes: CatalogSizes,
  now = new Date(),
): Promise<SeededCatalog> {
  const slugs = new Set<string>();
  const rows = {
    courses: times(sizes.courses, () => course(random, slugs, now)),
    products: times(sizes.products, () => product(random, slugs, now)),
    events: times(sizes.events, (i) => event(random, slugs, { now, i, of: sizes.events })),
  };
  const ids = await write(async (tx) => ({
    courses: await tx.insert(courses, rows.courses),
    products: await tx.insert(products, rows.products),
    events: await tx.insert(events, rows.events),
  }));
  const onSale = (kind: keyof typeof ids) => ids[kind].filter((_, i) => rows[kind][i]?.published);
  return { courseIds: onSale('courses'), productIds: onSale('products'), eventIds: onSale('events') };
}

function course(random: SeededRandom, slugs: Set<string>, now: Date) {
  const topic = random.pick(TOPICS);
  const curriculum = SECTIONS.slice(0, random.int(2, SECTIONS.length)).map((title) => ({
    title,
    lessons: times(random.int(2, 6), (i) => ({
      title: `${topic}, part ${i + 1}`,
      minutes: random.int(4, 25),
    })),
  }));
  const minutes = curriculum
    .flatMap(({ lessons }) => lessons)
    .reduce((sum, lesson) => sum + lesson.minutes, 0);
  return {
    ...shared(random, slugs, { title: `${topic} ${random.pick(COURSE_FORMS)}`, topic, now }),
    curriculum,
    durationMinutes: minutes,
    level: random.pick(['beginner', 'beginner', 'intermediate', 'advanced'] as const),
  };
}

function product(random: SeededRandom, slugs: Set<string>, now: Date) {
  const type = random.pick(PRODUCT_TYPES);
  const topic = random.pick(TOPICS);
  return {
    ...shared(random, slugs, { title: `${topic} ${random.pick(PRODUCT_FORMS[type])}`, topic, now }),
    type,
    category: random.pick(CATEGORIES),
    stock: random.chance(0.3) ? random.int(40, 120) : null,
  };
}

/** A third lies in the past weeks, the rest ahead, so that there is always something to come. */
function event(
  random: SeededRandom,
  slugs: Set<string>,
  { now, i, of }: { now: Date; i: number; of: number },
) {
  const topic = random.pick(TOPICS);
  const { zone, venue } = random.pick(PLACES);
  const day = new Date(now.getTime() + Math.round(((i + 1) / of) * 90 - 30) * DAY_MS);
  const wall = {
    year: day.getUTCFullYear(),
    month: day.getUTCMonth() + 1,
    day: day.getUTCDate(),
    hour: random.int(9, 20),
    minute: random.pick([0, 30]),
  };
  const startsAt = instantsOf(wall, zone)[0] ?? day;
  return {
    ...shared(random, slugs, { title: `${topic} ${random.pick(EVENT_FORMS)}`, topic, now }),
    startsAt,
    endsAt: new Date(startsAt.getTime() + random.pick([1, 2, 3, 8]) * 3_600_000),
    zone,
    venue,
    seats: random.chance(0.8) ? random.int(60, 200) : null,
  };
}

function shared(
  random: SeededRandom,
  slugs: Set<string>,
  { title: wanted, topic, now }: { title: string; topic: string; now: Date },
) {
  const { title, slug } = unique(wanted, slugs);
  const createdAt = new Date(now.getTime() - random.int(1, 400 * 24) * (DAY_MS / 24));
  return {
    title,
    slug,
    description: `Everything about ${topic} that you can use the same day: short lessons, honest examples, and exercises that take an evening.`,
    priceCents: random.pick(PRICES),
    currency: 'EUR',
    published: random.chance(PUBLISHED),
    createdAt,
    updatedAt: createdAt,
  };
}

/** `SQL Workshop`, then `SQL Workshop 2`, `SQL Workshop 3`, … */
function unique(wanted: string, slugs: Set<string>): { title: string; slug: string } {
  for (let n = 1; ; n++) {
    const title = n === 1 ? wanted : `${wanted} ${n}`;
    const slug = slugify(title);
    if (slugs.has(slug)) continue;
    slugs.add(slug);
    return { title, slug };
  }
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
