/** What may befall a run: each fault by name, fired at random instants, only where it can have an effect. */

import type { SimulatedProcess } from './process.ts';
import { LEASE, MARK, VALUE } from './redis-store.ts';
import type { Run } from './run.ts';

type Fault = (run: Run) => boolean;

const PLACES = ['changed', 'marked', 'in outbox', 'committing', 'committed', 'settled', 'relayed', 'loading'];

const TRAPS = {
  'a look is lost': (op) => op === 'mget',
  'a lease lands late': (op) => op === 'take',
  'a fill lands late': (op, from, to) => op === 'cas' && from === LEASE && to === VALUE,
  'a fill is lost': (op, from, to) => op === 'cas' && from === LEASE && to === VALUE,
  'a take-over lands late': (op, from, to) => op === 'cas' && from === VALUE && to === LEASE,
  'a refresh lands late': (op, from, to) => op === 'cas' && from === VALUE && to === VALUE,
  'stamps are read late': (op) => op === 'stamps',
  'a settle lands late': (op) => op === 'drop' || op === 'del' || op === 'unmark',
  'a settle is lost': (op) => op === 'drop' || op === 'del' || op === 'unmark',
  'a mark lands late': (op) => op === 'mark',
} as const satisfies Record<string, (op: string, from?: number, to?: number) => boolean>;

const EVICTIONS = {
  'an entry is evicted': (name, slot) => !isStamp(name) && slot[0] === VALUE,
  'a lease is evicted': (name, slot) => !isStamp(name) && slot[0] === LEASE,
  'a mark is evicted': (_, slot) => slot[0] === MARK && slot.length > 17,
  'a stamp is evicted': (name, slot) => isStamp(name) && /^\w+:\d+;/.test(slot.toString('latin1')),
  'the counter is evicted': (name) => name.endsWith('{t}:c'),
  'the era is evicted': (name) => name.endsWith('{t}:e'),
} as const satisfies Record<string, (name: string, slot: Buffer) => boolean>;

const EVENTS = {
  'a process dies': (run) => {
    const process = anyProcess(
      run,
      ({ transactions, loadsRunning }) => transactions.size > 0 || loadsRunning > 0,
    );
    if (!process) return false;
    run.kill(process, 'anywhere');
    return true;
  },
  'a process will die in its work': (run) => {
    run.dieAt = run.world.dice.pick(PLACES);
    return true;
  },
  'a process stands still': (run) => {
    const process = anyProcess(run);
    process?.pause(run.world.dice.between(15, 120));
    return process !== null;
  },
  'a process is cut off': (run) => {
    const process = anyProcess(run);
    process?.cut(run.world.dice.between(20, 200));
    return process !== null;
  },
  'a data link is closed': (run) => {
    const process = anyProcess(run);
    process?.redis.drop('FAULT: closed');
    return process !== null;
  },
  'a data link stalls': (run) => {
    const process = anyProcess(run);
    process?.redis.stall(run.world.dice.between(30, 150));
    return process !== null;
  },
  'answers come late': (run) => {
    const process = anyProcess(run);
    process?.redis.delayAnswers(run.world.dice.between(5, 45));
    return process !== null;
  },
  'a feed blinks while answers are late': (run) => {
    if (!run.settings.hasL1) return false;
    const process = anyProcess(run);
    process?.redis.delayAnswers(run.world.dice.between(20, 45));
    process?.feed.drop('FAULT: closed');
    return process !== null;
  },
  'a feed is closed': (run) => {
    if (!run.settings.hasL1) return false;
    const process = anyProcess(run);
    process?.feed.drop('FAULT: closed');
    return process !== null;
  },
  'a feed stalls': (run) => {
    if (!run.settings.hasL1) return false;
    const process = anyProcess(run);
    process?.feed.stall(run.world.dice.between(10, 150));
    return process !== null;
  },
  'the breaker opens': (run) => {
    const process = anyProcess(run);
    process?.breaker.trip();
    return process !== null;
  },
  'Redis freezes': (run) => {
    const ms = run.world.dice.between(20, 150);
    run.server.freeze(ms);
    for (const process of run.living) process.lostMs += ms;
    return true;
  },
  'Redis restarts empty': (run) => {
    run.server.restart(null, run.world.dice.between(0, 40));
    return true;
  },
  'Redis restarts from a snapshot': (run) => {
    const { snapshots } = run.server;
    if (snapshots.length === 0) return false;
    run.server.restart(run.world.dice.pick(snapshots), run.world.dice.between(0, 40));
    return true;
  },
  'a lease ends under its owner': (run) => meddle(run, (_, slot) => slot[0] === LEASE && slot.length === 17),
  'strange bytes are written': (run) => {
    const name = run.prefix + anyKey(run);
    const bytes = run.world.dice.pick(['', 'V', 'Vgarbage', 'L', '{"json":1}', 'M', `V${'x'.repeat(80)}`]);
    run.server.meddle((store) => store.put(name, Buffer.from(bytes), 1000));
    return true;
  },
  'a list is written': (run) => {
    const name = run.prefix + anyKey(run);
    run.server.meddle((store) => store.put(name, 'list', 1000));
    return true;
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof EVENTS | keyof typeof TRAPS | keyof typeof EVICTIONS;
export const FAULTS = [...keysOf(EVENTS), ...keysOf(TRAPS), ...keysOf(EVICTIONS)] as FaultName[];

/** What seldom finds the state in which it has an effect is tried more often. */
const RARE: readonly FaultName[] = [
  'a process will die in its work',
  'a refresh lands late',
  'a mark is evicted',
  'a mark lands late',
];

/** Faults that are counted where they strike; the others when they are fired. */
export const STRIKES = [
  ...PLACES.map((place) => `dies: ${place}`),
  'dies: anywhere',
  'load fails',
  'load hangs',
  'mark stood at the commit',
];

/** Snapshots all along, and faults at random instants. */
export function scheduleFaults(run: Run, withinMs: number): void {
  const { world, settings } = run;
  const { dice } = world;
  for (let at = dice.between(2, 30); at < withinMs; at += dice.between(5, 60))
    world.schedule({ actor: 'fate', label: '', ms: at, plain: true }, () => run.server.takeSnapshot());
  if (settings.faults.length === 0) return;
  for (let left = settings.faultBudget; left > 0; left--)
    world.schedule({ actor: 'fate', label: '', ms: dice.between(1, withinMs * 1.1) }, () => strike(run));
}

/** The first of a few that can have an effect now. */
function strike(run: Run): void {
  if (run.isResting) return;
  for (let tries = 0; tries < 4; tries++) {
    const rare = run.settings.faults.filter((fault) => RARE.includes(fault));
    const name = run.world.dice.pick(
      rare.length > 0 && run.world.dice.chance(0.3) ? rare : run.settings.faults,
    );
    if (!fire(run, name)) continue;
    if (!isTrap(name) && name !== 'a process will die in its work') run.coverage.count(name);
    run.world.log('FATE', `FAULT ${name}`);
    return;
  }
}

function fire(run: Run, name: FaultName): boolean {
  if (isTrap(name)) return setTrap(run, name);
  if (name in EVICTIONS) return meddle(run, EVICTIONS[name as keyof typeof EVICTIONS]);
  return EVENTS[name as keyof typeof EVENTS](run);
}

function isTrap(name: FaultName): name is keyof typeof TRAPS {
  return name in TRAPS;
}

/** Counted when something walks into it. */
function setTrap(run: Run, name: keyof typeof TRAPS): boolean {
  const matches: (op: string, from?: number, to?: number) => boolean = TRAPS[name];
  run.traps.push({
    name,
    fate: name.endsWith('lost') ? 'lost' : 'late',
    matches: (command) =>
      command.op === 'cas' ? matches(command.op, command.expect[0], command.value?.[0]) : matches(command.op),
  });
  return true;
}

/** One of the keys that the condition names is gone. */
function meddle(run: Run, condition: (name: string, slot: Buffer) => boolean): boolean {
  const { store } = run.server;
  const names = store.names().filter((name) => {
    const slot = store.text(name);
    return slot !== null && condition(name, slot);
  });
  if (names.length === 0) return false;
  const name = run.world.dice.pick(names);
  run.world.log('FATE', `removes ${name}`);
  run.server.meddle((keys) => keys.delete(name));
  return true;
}

function anyKey(run: Run): string {
  const read = run.world.dice.pick(run.scenario.reads);
  return (run.processes[0] as SimulatedProcess).keyOf(read, run.world.dice.pick(read.args));
}

function anyProcess(
  run: Run,
  condition: (process: SimulatedProcess) => boolean = () => true,
): SimulatedProcess | null {
  const processes = run.living.filter(condition);
  return processes.length === 0 ? null : run.world.dice.pick(processes);
}

function isStamp(name: string): boolean {
  return name.includes('{t}:');
}

function keysOf<T extends object>(record: T): (keyof T)[] {
  return Object.keys(record) as (keyof T)[];
}
