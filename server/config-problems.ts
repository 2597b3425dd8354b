/** What is wrong with an environment beyond the single values: unknown names, contradictions, demonstration values in production. */

export interface Problem {
  /** The variable. */
  name: string;
  /** Completes the sentence that begins with the name. */
  what: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Passwords that stand in files of this repository, which everybody can read. */
const DEMO_PASSWORDS = ['larder-demo'];

/** Names that are not variables: all of them in a .env file, in the environment those that look like a slip of the pen. */
export function unknownNames(options: {
  env: Environment;
  fileNames: readonly string[];
  names: readonly string[];
}): Problem[] {
  const { env, fileNames, names } = options;
  const inFile = fileNames.filter((name) => !names.includes(name));
  const inEnvironment = Object.keys(env).filter(
    (name) => !names.includes(name) && nearest(name, names) !== undefined,
  );
  return [...new Set([...inFile, ...inEnvironment])].map((name) => {
    const meant = nearest(name, names);
    const hint = meant ? `; did you mean ${meant}?` : '';
    return { name, what: `is not a variable of Larder${hint}` };
  });
}

export function contradictions(env: Environment): Problem[] {
  if (!env.REDIS_URL) return [];
  return ['REDIS_HOST', 'REDIS_PORT']
    .filter((name) => env[name])
    .map((name) => ({ name, what: 'and REDIS_URL are both set; set the one or the other' }));
}

export function unfitForProduction(env: Environment): Problem[] {
  if (env.NODE_ENV !== 'production') return [];
  const problems: Problem[] = [];
  if (env.DEMO === 'true' || env.DEMO === '1') {
    problems.push({ name: 'DEMO', what: 'shows the log-ins of the demonstration, which production refuses' });
  }
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'QUEUE_REDIS_URL']) {
    if (holdsDemoPassword(env[name])) {
      problems.push({ name, what: 'holds the password of the demonstration, which production refuses' });
    }
  }
  return problems;
}

/** A value as it may be shown: an address without its password. */
export function shown(value: string | undefined): string {
  if (value === undefined) return 'nothing';
  const short = value.length > 80 ? `${value.slice(0, 80)}…` : value;
  return `"${short.replace(/(:\/\/[^/@]*:)[^/@]*@/, '$1***@')}"`;
}

function holdsDemoPassword(address: string | undefined): boolean {
  if (!address || !URL.canParse(address)) return false;
  return DEMO_PASSWORDS.includes(decodeURIComponent(new URL(address).password));
}

/**
 * The variable that a name was probably meant to be. Names of up to five letters are near too many others (MODE, HOME,
 * POST …): there only two swapped neighbours count.
 */
function nearest(name: string, names: readonly string[]): string | undefined {
  const bare = name.replace(/^LARDER_/, '');
  if (bare !== name && names.includes(bare)) return bare;
  return names.find((known) => (known.length <= 5 ? areSwapped(name, known) : distance(name, known) <= 2));
}

function areSwapped(a: string, b: string): boolean {
  return a.length === b.length && distance(a, b) === 1 && [...a].sort().join('') === [...b].sort().join('');
}

/** Letters to insert, drop, change or swap with their neighbour to turn one into the other (optimal string alignment). */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i += 1) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + changed);
      (rows[i] as number[])[j] = swapped ? Math.min(best, at(i - 2, j - 2) + 1) : best;
    }
  }
  return at(a.length, b.length);
}
