// Writes a CSV of messy contacts to stdout: `npx tsx scripts/messy-csv.ts [rows] [seed] > contacts.csv`.
// 1,000 rows and seed 1 by default. The same rows and seed give the same bytes, on every machine.

import { pathToFileURL } from 'node:url';
import { formatCsvRow } from '../server/csv/index.ts';

const HEADER = [
  'First Name',
  'Last Name',
  'E-Mail',
  'Phone',
  'Company',
  'Website',
  'Birth Date',
  'Street',
  'City',
  'State',
  'Postal Code',
  'Country',
];

interface Land {
  names: string[];
  first: string[];
  last: string[];
  cities: [city: string, state: string, postal: string][];
  streets: string[];
  companies: string[];
  domain: string;
  /** National number with # for any digit, and the country's code. */
  phone: string;
  code: string;
}

const LANDS: Land[] = [
  {
    names: ['USA', 'United States', 'us', 'U.S.A.', 'US'],
    first: ['James', 'Mary', 'DeShawn', 'Patricia', 'Linda', 'Jean-Luc', 'Ann Marie'],
    last: ["O'Brien", 'McDonald', 'Carter', 'Washington', 'de la Cruz', 'Smith', 'Nguyen'],
    cities: [
      ['New York', 'NY', '10001'],
      ['Boston', 'MA', '02110'],
      ['San Francisco', 'California', '94105'],
      ['St. Louis', 'Missouri', '63101'],
    ],
    streets: ['Elm St', 'N 5th Ave', 'Broadway', 'Martin Luther King Blvd'],
    companies: ['Acme Widgets Inc', 'Northwind LLC', 'Big Sky Corp'],
    domain: 'example.com',
    phone: '212555####',
    code: '1',
  },
  {
    names: ['Germany', 'Deutschland', 'DE', 'GERMANY'],
    first: ['Jürgen', 'Sabine', 'Karl-Heinz', 'Ursula', 'Björn'],
    last: ['Müller', 'von der Heide', 'Schäfer', 'Weiß', 'Müller-Lüdenscheidt'],
    cities: [
      ['Berlin', 'Berlin', '10115'],
      ['Dresden', 'Sachsen', '01067'],
      ['Frankfurt am Main', 'Hessen', '60311'],
    ],
    streets: ['Hauptstraße', 'Am Markt', 'Lange Str.'],
    companies: ['Müller GmbH', 'Weber & Söhne GmbH & Co. KG', 'Nordlicht AG'],
    domain: 'example.de',
    phone: '03023125###',
    code: '49',
  },
  {
    names: ['United Kingdom', 'UK', 'England', 'GB'],
    first: ['Fiona', 'Callum', 'Elizabeth', 'Ian'],
    last: ['MacLeod', 'Smith-Jones', "O'Hara", 'Brown'],
    cities: [
      ['London', '', 'SW1A 1AA'],
      ['Manchester', '', 'M1 1AE'],
      ['Edinburgh', '', 'EH1 1YZ'],
    ],
    streets: ['High Street', 'Station Road', 'Church Lane'],
    companies: ['Brown & Sons Ltd', 'Green Energy plc', 'Old Mill Bakery'],
    domain: 'example.co.uk',
    phone: '0207946####',
    code: '44',
  },
  {
    names: ['Brasil', 'Brazil', 'BR'],
    first: ['João', 'Maria', 'Antônio', 'Conceição'],
    last: ['da Silva', 'de Souza', 'Gonçalves', 'dos Santos'],
    cities: [
      ['São Paulo', 'SP', '01310-100'],
      ['Rio de Janeiro', 'RJ', '20040-002'],
    ],
    streets: ['Avenida Paulista', 'Rua Augusta'],
    companies: ['Padaria do Bairro Ltda', 'Tropical S.A.'],
    domain: 'example.com.br',
    phone: '119123#####',
    code: '55',
  },
];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Chances drawn from a seed (mulberry32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 up to 1. */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  chance(share: number): boolean {
    return this.roll() < share;
  }

  below(limit: number): number {
    return Math.floor(this.roll() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

/** The file line by line, header first. */
export function* messyCsv(rows: number, seed: number): Generator<string> {
  const dice = new Dice(seed);
  yield line(HEADER);
  let earlier: string[] | null = null;
  for (let at = 0; at < rows; at++) {
    if (earlier && dice.chance(0.02)) {
      yield line(earlier);
      continue;
    }
    const cells = contact(dice, at);
    if (dice.chance(0.005)) cells.push('stray cell');
    if (dice.chance(0.003)) cells.length = 4;
    if (dice.chance(0.05)) earlier = cells;
    yield line(cells);
  }
}

function line(cells: readonly string[]): string {
  return formatCsvRow(cells, { guardFormulas: false });
}

function contact(dice: Dice, at: number): string[] {
  const land = dice.pick(LANDS);
  const [city, state, postal] = dice.pick(land.cities);
  const first = dice.pick(land.first);
  const last = dice.pick(land.last);
  return [
    text(dice, first),
    text(dice, last),
    email(dice, { first, last, at, domain: land.domain }),
    phone(dice, land),
    text(dice, dice.pick(land.companies)),
    url(dice, land.domain),
    date(dice),
    text(dice, `${1 + dice.below(300)} ${dice.pick(land.streets)}`),
    text(dice, city),
    state,
    messyPostal(dice, postal),
    dice.chance(0.03) ? dice.pick(['', 'Atlantis', 'n/a']) : dice.pick(land.names),
  ];
}

/** Case and blanks as people type them. */
function text(dice: Dice, clean: string): string {
  const kind = dice.below(12);
  if (kind === 0) return clean.toUpperCase();
  if (kind === 1) return clean.toLowerCase();
  if (kind === 2) return ` ${clean} `;
  if (kind === 3) return clean.replace(' ', '  ');
  if (kind === 4 && dice.chance(0.3)) return dice.pick(['', 'N/A', '-']);
  if (kind === 5 && dice.chance(0.3)) return Buffer.from(clean).toString('latin1');
  return clean;
}

function email(dice: Dice, who: { first: string; last: string; at: number; domain: string }): string {
  const plain = `${who.first}.${who.last}`
    .normalize('NFD')
    .replace(/[^a-z.]/gi, '')
    .toLowerCase();
  const address = `${plain}${who.at}@${who.domain}`;
  const forms: ((address: string) => string)[] = [
    (clean) => clean.toUpperCase(),
    (clean) => ` ${clean}`,
    (clean) => `mailto:${clean}`,
    (clean) => `${who.first} <${clean}>`,
    (clean) => clean.replace('@', ' @ '),
    (clean) => clean.replace(/@.*/, '@gmial.com'),
    (clean) => clean.replace('@', '@@'),
    (clean) => clean.replace(/\.[a-z]+$/, ''),
    (clean) => clean.replace('@', ' at '),
    () => '',
  ];
  return dice.chance(0.4) ? dice.pick(forms)(address) : address;
}

function phone(dice: Dice, land: Land): string {
  const national = land.phone.replace(/#/g, () => String(dice.below(10)));
  const bare = national.replace(/^0/, '');
  const forms = [
    national,
    `+${land.code} ${bare}`,
    `00${land.code}${bare}`,
    `${national.slice(0, 3)}-${national.slice(3, 6)}-${national.slice(6)}`,
    `(${national.slice(0, 3)}) ${national.slice(3)}`,
    `${national} ext. ${1 + dice.below(99)}`,
    `+${land.code} (0)${bare}`,
    `${national}.0`,
  ];
  if (dice.chance(0.06))
    return dice.pick(['', 'call me', '12345', '2.1256E+09', `${national} / ${national}`]);
  return dice.pick(forms);
}

function url(dice: Dice, domain: string): string {
  const forms = [
    `https://www.${domain}`,
    domain,
    `www.${domain}`,
    `HTTP://${domain.toUpperCase()}/`,
    `https://${domain}/about?utm_source=list`,
    `htp://${domain}`,
    '',
    'none',
    'not a site',
  ];
  return dice.pick(forms);
}

/** Day first where only numbers are written, which the days after the twelfth give away. */
function date(dice: Dice): string {
  const year = 1940 + dice.below(65);
  const month = 1 + dice.below(12);
  const day = 1 + dice.below(28);
  const two = (value: number) => String(value).padStart(2, '0');
  const forms = [
    `${year}-${two(month)}-${two(day)}`,
    `${two(day)}/${two(month)}/${year}`,
    `${day}/${month}/${year}`,
    `${day}.${month}.${year}`,
    `${day} ${MONTHS[month - 1]} ${year}`,
    `${MONTHS[month - 1]} ${day}, ${year}`,
    `${two(day)}/${two(month)}/${two(year % 100)}`,
    String(20_000 + dice.below(15_000)),
  ];
  if (dice.chance(0.06)) return dice.pick(['', '31/02/1980', 'unknown', 'last year', '1985']);
  return dice.pick(forms);
}

function messyPostal(dice: Dice, postal: string): string {
  if (dice.chance(0.1)) return postal.toLowerCase().replace(/[ -]/g, '');
  if (dice.chance(0.05)) return postal.replace(/^0/, '');
  return dice.chance(0.03) ? 'ABC' : postal;
}

function wholeNumber(given: string | undefined, fallback: number): number {
  if (given === undefined) return fallback;
  if (/^\d{1,9}$/.test(given)) return Number(given);
  console.error(`Expected a whole number, got "${given}". Usage: messy-csv.ts [rows] [seed]`);
  process.exit(2);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [rows, seed] = [wholeNumber(process.argv[2], 1000), wholeNumber(process.argv[3], 1)];
  process.stdout.on('error', () => process.exit());
  for (const part of messyCsv(rows, seed)) {
    if (!process.stdout.write(part)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}
