/**
 * A database that is none: it writes down what it is asked and answers with made-up rows, so that loaders run on to
 * their next statement. Loaded before anything that opens a pool.
 */
import mysql from 'mysql2';
import { answerTo, type Question, type Variant } from './rows.ts';
import { parse } from './statements.ts';

/** How statements are answered; those in neither list with a row. */
export interface Answers {
  variant: Variant;
  /** Texts that find nothing, or all. */
  nothing?: string | 'all';
  /** The text that fails. */
  failing?: string;
}

export interface Asked extends Question {
  found: 'row' | 'nothing' | 'error';
}

/** What a loader did when it was answered like this. */
export interface Scenario {
  answers: Answers;
  asked: readonly Asked[];
  /** What it made of the answers. */
  value?: unknown;
  /** What it failed with instead: then nothing is cached. */
  error?: unknown;
}

let answers: Answers | undefined;
let asked: Asked[] = [];

interface Query {
  sql: string;
  rowsAsArray?: boolean;
}

class RecordingPool {
  on(): this {
    return this;
  }

  /** For writes, of which there are none. */
  getConnection(): void {}

  promise() {
    return { query: (query: Query, params: readonly unknown[] = []) => this.#answer(query, params) };
  }

  async #answer({ sql, rowsAsArray }: Query, params: readonly unknown[]): Promise<[unknown[], []]> {
    if (!answers) return [[], []];
    const question = { statement: parse(sql), params };
    const { nothing, failing, variant } = answers;
    const found = failing === sql ? 'error' : nothing === 'all' || nothing === sql ? 'nothing' : 'row';
    asked.push({ ...question, found });
    if (found === 'error') throw new Error('The statement failed, for the check');
    const row = found === 'row' ? answerTo(question, variant) : emptyAnswerTo(question);
    return [row ? [rowsAsArray ? row : namedBy(question, row)] : [], []];
  }
}

Object.assign(mysql, { createPool: () => new RecordingPool() });

/** Totals of nothing are a row as well. */
function emptyAnswerTo({ statement }: Question): unknown[] | undefined {
  return statement.isTotal
    ? statement.selects.map(({ text }) => (/^count\(/i.test(text) ? 0 : null))
    : undefined;
}

function namedBy({ statement }: Question, row: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    statement.selects.map(({ text }, i) => [/(?:\bas |^|\.)`?(\w+)`?$/i.exec(text)?.[1] ?? text, row[i]]),
  );
}

/** Runs a loader under these answers. One at a time. */
export async function record(load: () => Promise<unknown>, given: Answers): Promise<Scenario> {
  answers = given;
  asked = [];
  try {
    return { answers, value: await load(), asked };
  } catch (error) {
    return { answers, error, asked };
  } finally {
    answers = undefined;
  }
}

const USUAL = { flag: true, isThere: true };

/**
 * Everything that a loader may ask: with all rows there, with none, with one statement finding nothing and with one
 * failing. Each of these may lead it to statements that it asks at no other time.
 */
export async function everyScenario(
  load: () => Promise<unknown>,
  variants: readonly Variant[],
): Promise<Scenario[]> {
  const scenarios: Scenario[] = [];
  const texts = new Set<string>();
  const run = async (given: Answers) => {
    const scenario = await record(load, given);
    for (const { statement } of scenario.asked) texts.add(statement.sql);
    scenarios.push(scenario);
  };
  for (const variant of variants) await run({ variant });
  await run({ variant: USUAL, nothing: 'all' });
  // Grows while it is gone through.
  for (const text of texts) {
    await run({ variant: USUAL, nothing: text });
    await run({ variant: USUAL, failing: text });
  }
  return scenarios;
}
