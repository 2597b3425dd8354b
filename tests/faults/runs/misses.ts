/** Many callers in several processes miss one key at once; once more with the loader's process killed while it loads. */
import { Redis } from 'ioredis';
import { freshPrefix, redisUrl } from '../../support/services.ts';
import type { Answers, MisserHandlers } from '../programs/misser.ts';
import { now } from '../support/clock.ts';
import { rounded } from '../support/figures.ts';
import { type Program, ProgramEndedError, startProgram } from '../support/program.ts';
import { until } from '../support/until.ts';

type Misser = Program<MisserHandlers>;

export interface MissFigures {
  callers: number;
  /** Loads of one round each. */
  loads: number[];
  wrongAnswers: number;
  /** Why callers loaded for themselves; none should. */
  alone: string[];
  /** From the question to the last answer, or from the kill to it, in ms. */
  slowestMs: number[];
}

export const PROCESSES = 4;
export const CALLERS = 250;
const LOAD_MS = 100;
/** A load that would hold its lease for ever if renewal went on without its process. */
const ENDLESS_MS = 60_000;
/** All processes have the question by then. */
const HEAD_START_MS = 150;

export interface Missers {
  /** All ask for a key that nobody asked for before. */
  missTogether(): Promise<MissFigures>;
  /** The same, and the process whose loader runs is killed; a new one takes its place afterwards. */
  missAndKill(): Promise<MissFigures>;
  close(): Promise<void>;
}

export async function openMissers(): Promise<Missers> {
  const prefix = freshPrefix();
  const counter = new Redis(redisUrl());
  const env = { REDIS_URL: redisUrl(), CACHE_PREFIX: prefix, COUNTER_URL: redisUrl() };
  const start = () => startProgram<MisserHandlers>('misser.ts', env);
  const missers = await Promise.all(Array.from({ length: PROCESSES }, start));
  let round = 0;

  const loadersOf = (key: string) => counter.lrange(`${prefix}loaders:${key}`, 0, -1);
  const ask = (key: string, firstLoadMs: number) => {
    const question = { key, callers: CALLERS, at: now() + HEAD_START_MS, firstLoadMs };
    return missers.map((misser) => misser.call('ask', question));
  };

  async function missTogether(): Promise<MissFigures> {
    const key = `together:${++round}`;
    const answers = await Promise.all(ask(key, LOAD_MS));
    const slowestMs = Math.max(...answers.map((answer) => answer.slowestMs));
    return figuresOf(key, answers, { loads: (await loadersOf(key)).length, slowestMs });
  }

  async function missAndKill(): Promise<MissFigures> {
    const key = `killed:${++round}`;
    const asked = ask(key, ENDLESS_MS).map((answer) => answer.catch(whenKilled));
    await until('the first load', async () => (await loadersOf(key)).length > 0);
    const [pid] = await loadersOf(key);
    const place = missers.findIndex((misser) => misser.pid === Number(pid));
    const killedAt = await (missers[place] as Misser).kill();
    const answers = (await Promise.all(asked)).filter((answer) => answer !== null);
    missers[place] = await start();
    const slowestMs = Math.max(...answers.map(({ lastAt }) => lastAt)) - killedAt;
    return figuresOf(key, answers, { loads: (await loadersOf(key)).length, slowestMs });
  }

  return {
    missTogether,
    missAndKill,
    async close() {
      await Promise.all(missers.map((misser) => misser.kill()));
      counter.disconnect();
    },
  };
}

function whenKilled(error: unknown): null {
  if (error instanceof ProgramEndedError) return null;
  throw error;
}

function figuresOf(
  key: string,
  answers: readonly Answers[],
  { loads, slowestMs }: { loads: number; slowestMs: number },
): MissFigures {
  const values = answers.flatMap((answer) => answer.values);
  return {
    callers: values.length,
    loads: [loads],
    wrongAnswers: values.filter((value) => value !== `value of ${key}`).length,
    alone: answers.flatMap((answer) => answer.alone),
    slowestMs: [rounded(slowestMs)],
  };
}

/** The figures of several rounds in one. */
export function together(rounds: readonly MissFigures[]): MissFigures {
  return {
    callers: rounds.reduce((sum, { callers }) => sum + callers, 0),
    loads: rounds.flatMap(({ loads }) => loads),
    wrongAnswers: rounds.reduce((sum, { wrongAnswers }) => sum + wrongAnswers, 0),
    alone: rounds.flatMap(({ alone }) => alone),
    slowestMs: rounds.flatMap(({ slowestMs }) => slowestMs),
  };
}
