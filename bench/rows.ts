/** The rows of the table: what each floor, Larder and the peers do for one operation, and what is aimed at. */
import { LRUCache } from 'lru-cache';
import { byCallers, type Contender } from './measure.ts';
import type { Peer } from './peers.ts';
import { parseUser, type User, userOf } from './sample.ts';
import { type Stage, USERS } from './stage.ts';

export interface Row {
  id: string;
  what: string;
  floor: Contender;
  larder: Contender;
  peers: Contender[];
  /** Larder's speed as a share of the floor's. */
  target: number;
  /** And as a multiple of the fastest peer's. */
  peersTarget?: number;
}

const CALLERS = 64;
const BULK = 100;
const TTL_MS = 3600_000;

export function rows(stage: Stage, peers: readonly Peer[]): Row[] {
  return [
    memoryHit(stage, peers),
    redisHit(stage, peers, { id: 'l2-64', callers: CALLERS, target: 1.3 }),
    redisHit(stage, peers, { id: 'l2-1', callers: 1, target: 0.9 }),
    miss(stage, peers, { id: 'miss-1', callers: 1, target: 0.6 }),
    miss(stage, peers, { id: 'miss-64', callers: CALLERS, target: 0.75 }),
    missWithQuery(stage),
    bulk(stage),
  ];
}

/** Every row begins with the same users in Redis and in the memories, and with nothing else. */
export async function prepare({ redis, users, remoteUsers }: Stage, peers: readonly Peer[]): Promise<void> {
  await redis.flushall();
  const ids = Array.from({ length: USERS }, (_, index) => index);
  await redis.mset(new Map(ids.map((id) => [bareKey(id), JSON.stringify(userOf(id))])));
  for (let turn = 0; turn < 3; turn++) {
    await byCallers(CALLERS, USERS, (id) => users.get(id));
    await byCallers(CALLERS, USERS, (id) => remoteUsers.get(id));
    for (const peer of peers) {
      await byCallers(CALLERS, USERS, (id) => peer.get(id));
      await byCallers(CALLERS, USERS, (id) => peer.getRemote(id));
    }
  }
}

function bareKey(id: number): string {
  return `bare:user:${id}`;
}

function contender(name: string, callers: number, operation: (index: number) => Promise<unknown>): Contender {
  return { name, run: (count) => byCallers(callers, count, operation) };
}

function memoryHit({ users }: Stage, peers: readonly Peer[]): Row {
  const bare = new LRUCache<string, User>({ max: 10_000 });
  for (let id = 0; id < USERS; id++) bare.set(`user:${id}`, userOf(id));
  const get = async (id: number): Promise<User | undefined> => bare.get(`user:${id}`);
  return {
    id: 'l1',
    what: 'L1 hit',
    floor: contender('lru-cache get in an async function', 1, (index) => get(index % USERS)),
    larder: contender('Larder', 1, (index) => users.get(index % USERS)),
    peers: peers.map(({ name, ...peer }) => contender(name, 1, (index) => peer.get(index % USERS))),
    target: 0.4,
    peersTarget: 20,
  };
}

function redisHit(
  { redis, remoteUsers }: Stage,
  peers: readonly Peer[],
  { id, callers, target }: { id: string; callers: number; target: number },
): Row {
  const bare = async (index: number): Promise<User> =>
    parseUser((await redis.get(bareKey(index % USERS))) as string);
  return {
    id,
    what: `L2 hit, ${callersText(callers)}`,
    floor: contender('GET + JSON.parse, Dates revived', callers, bare),
    larder: contender('Larder', callers, (index) => remoteUsers.get(index % USERS)),
    peers: peers.map(({ name, ...peer }) =>
      contender(name, callers, (index) => peer.getRemote(index % USERS)),
    ),
    target,
  };
}

function miss(
  stage: Stage,
  peers: readonly Peer[],
  { id, callers, target }: { id: string; callers: number; target: number },
): Row {
  return {
    id,
    what: `miss, ${callersText(callers)}`,
    floor: contender('GET + SET one after another', callers, () =>
      getOrSetBare(stage, async (user) => userOf(user)),
    ),
    larder: contender('Larder', callers, () => stage.remoteUsers.get(stage.newId())),
    peers: peers.map(({ name, ...peer }) => contender(name, callers, () => peer.getRemote(stage.newId()))),
    target,
  };
}

function missWithQuery(stage: Stage): Row {
  return {
    id: 'miss-query-64',
    what: `miss with a query as the load, ${callersText(CALLERS)}`,
    floor: contender('GET + query + SET', CALLERS, () => getOrSetBare(stage, stage.userByQuery)),
    larder: contender('Larder', CALLERS, () => stage.remoteUsersByQuery.get(stage.newId())),
    peers: [],
    target: 0.9,
  };
}

async function getOrSetBare({ redis, newId }: Stage, load: (id: number) => Promise<User>): Promise<User> {
  const id = newId();
  const key = bareKey(id);
  const stands = await redis.get(key);
  if (stands !== null) return parseUser(stands);
  const user = await load(id);
  await redis.set(key, JSON.stringify(user), 'PX', TTL_MS);
  return user;
}

function bulk({ redis, remoteUsers }: Stage): Row {
  const idsFrom = (index: number) =>
    Array.from({ length: BULK }, (_, place) => (index * BULK + place) % USERS);
  const bare = async (index: number): Promise<User[]> =>
    (await redis.mget(idsFrom(index).map(bareKey))).map((text) => parseUser(text as string));
  return {
    id: 'many',
    what: `getMany of ${BULK}`,
    floor: contender('MGET + JSON.parse, Dates revived', 1, bare),
    larder: contender('Larder', 1, (index) => remoteUsers.getMany(idsFrom(index))),
    peers: [],
    target: 0.95,
  };
}

function callersText(callers: number): string {
  return callers === 1 ? 'one caller' : `${callers} callers`;
}
