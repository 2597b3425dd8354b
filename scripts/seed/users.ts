/** Members with plausible names, and the three people whose log-ins are printed at start. */
import { hash } from '@node-rs/argon2';
import { users } from '../../drizzle/schema.ts';
import { write } from '../../server/db/index.ts';
import { DEMO_LOGINS } from '../../server/sessions/demo-logins.ts';
import type { SeededRandom } from './random.ts';

export { DEMO_LOGINS };

const FIRST_NAMES =
  'Amina Ben Chiara Dmitri Élodie Fatou Greta Hugo Ines João Kenji Lena Mateo Nadia Omar Petra Quentin Rosa Søren Tomás Uma Viktor Wanda Ximena Yusuf Zoë'.split(
    ' ',
  );
const LAST_NAMES =
  "Abe Bauer Costa Dubois Eriksen Ferrari García Haddad Ivanova Jansen Kowalski Lind Müller Novák O'Brien Papadopoulos Quist Rossi Silva Tanaka Ueda Varga Weber Xu Yılmaz Zhang".split(
    ' ',
  );
const DAY_MS = 86_400_000;

/** Inserts the demonstration's people and `count` further members; answers all ids, the demonstration's first. */
export async function seedUsers(random: SeededRandom, count: number, now = new Date()): Promise<number[]> {
  const demo = await Promise.all(
    DEMO_LOGINS.map(async ({ password, ...person }) => ({
      ...person,
      passwordHash: await hash(password),
      createdAt: now,
    })),
  );
  const members = Array.from({ length: count }, (_, i) => member(random, i, now));
  return write((tx) => tx.insert(users, [...demo, ...members]));
}

/** Nobody can log in as one of these: the hash is no hash. */
function member(random: SeededRandom, i: number, now: Date) {
  const first = random.pick(FIRST_NAMES);
  const last = random.pick(LAST_NAMES);
  const createdAt = new Date(now.getTime() - random.int(1, 700 * 24) * (DAY_MS / 24));
  return {
    username: `${first} ${last}`,
    email: `${plain(first)}.${plain(last)}.${i + 1}@members.example`,
    passwordHash: '!',
    createdAt,
  };
}

function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/ı/g, 'i')
    .replace(/ø/g, 'o')
    .replace(/[^a-zA-Z]/g, '')
    .toLowerCase();
}
