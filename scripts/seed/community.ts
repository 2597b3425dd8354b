/** Posts, votes and follows: a few posts that everybody likes, many that few have seen. */
import { follows, posts, postVotes } from '../../drizzle/schema.ts';
import { write } from '../../server/db/index.ts';
import type { SeededRandom } from './random.ts';

export interface CommunitySizes {
  posts: number;
  votes: number;
  follows: number;
}

const DAY_MS = 86_400_000;
const SUBJECTS = [
  'my first sourdough',
  'indexes that never get used',
  'a quiet place to read',
  'learning the subjunctive',
  'the smallest useful cache',
  'tuning an old piano',
  'tomatoes in the rain',
  'what I got wrong about types',
  'photographs at dusk',
  'keeping books for a club',
  'a chess opening nobody plays',
  'glazes that surprise',
] as const;
const FORMS = [
  (subject: string) => `Show: ${subject}`,
  (subject: string) => `Ask: what do you think of ${subject}?`,
  (subject: string) => `Three lessons from ${subject}`,
  (subject: string) => `How I came to ${subject}`,
  (subject: string) => `A note on ${subject}`,
] as const;
const SITES = ['notes.example', 'weblog.example', 'workshop.example', 'letters.example'] as const;

/** Inserts posts by `userIds`, their votes and follows. The newest post is an hour old. */
export async function seedCommunity(
  random: SeededRandom,
  { userIds, sizes }: { userIds: number[]; sizes: CommunitySizes },
  now = new Date(),
): Promise<void> {
  const votes = votesOf(random, userIds, sizes);
  const numbers = new Array<number>(sizes.posts).fill(0);
  for (const vote of votes) numbers[vote.post] = (numbers[vote.post] ?? 0) + 1;
  const written = Array.from({ length: sizes.posts }, (_, i) => ({
    ...post(random, userIds),
    votes: numbers[i],
    createdAt: new Date(now.getTime() - 3_600_000 - ((sizes.posts - 1 - i) / sizes.posts) * 120 * DAY_MS),
  }));
  await write(async (tx) => {
    const ids = written.length > 0 ? await tx.insert(posts, written) : [];
    const rows = votes.map(({ post: i, userId }) => ({ postId: ids[i] as number, userId }));
    if (rows.length > 0) await tx.insert(postVotes, rows);
    const followed = followsOf(random, userIds, sizes.follows);
    if (followed.length > 0) await tx.insert(follows, followed);
  });
}

function post(random: SeededRandom, userIds: number[]) {
  const subject = random.pick(SUBJECTS);
  const link = random.chance(0.5);
  return {
    userId: random.pick(userIds),
    title: random.pick(FORMS)(subject),
    url: link
      ? `https://${random.pick(SITES)}/${subject.replaceAll(' ', '-').toLowerCase()}-${random.int(1, 9999)}`
      : null,
    text: link
      ? null
      : `I have been at ${subject} for ${random.int(2, 30)} weeks now. What surprised me most is how little it takes to begin.`,
  };
}

/** Distinct votes. Squaring the chance favours the first of a shuffled list: a few posts get most of them. */
function votesOf(random: SeededRandom, userIds: number[], sizes: CommunitySizes) {
  const order = Array.from({ length: sizes.posts }, (_, i) => ({ i, by: random.next() }))
    .sort((a, b) => a.by - b.by)
    .map(({ i }) => i);
  const found = new Map<string, { post: number; userId: number }>();
  const most = Math.min(sizes.votes, Math.floor((sizes.posts * userIds.length) / 4));
  while (found.size < most) {
    const i = order[Math.floor(random.next() ** 2 * order.length)] as number;
    const userId = random.pick(userIds);
    found.set(`${i}:${userId}`, { post: i, userId });
  }
  return [...found.values()];
}

function followsOf(random: SeededRandom, userIds: number[], count: number) {
  const found = new Map<string, { followerId: number; followedId: number }>();
  const most = Math.min(count, Math.floor((userIds.length * (userIds.length - 1)) / 4));
  while (found.size < most) {
    const demo = found.size < Math.min(30, most);
    const followerId = demo ? (userIds[found.size % 3] as number) : random.pick(userIds);
    const followedId = random.pick(userIds);
    if (followerId !== followedId) found.set(`${followerId}:${followedId}`, { followerId, followedId });
  }
  return [...found.values()];
}
