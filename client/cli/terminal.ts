/** What the commands have of the world: output, questions, environment; a test hands in its own. */
import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from './credentials.ts';
import { EXIT, Stop } from './exit-codes.ts';

export interface Surroundings {
  env: Environment;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable;
}

export class Terminal {
  readonly env: Environment;
  readonly json: boolean;
  readonly #world: Surroundings;

  constructor(world: Surroundings, json: boolean) {
    this.#world = world;
    this.env = world.env;
    this.json = json;
  }

  /** The answer of the command: `value` for programs with --json, else the lines for people. */
  answer(value: unknown, lines: string | string[]): void {
    const text = this.json ? JSON.stringify(value, null, 2) : [lines].flat().join('\n');
    this.#world.stdout.write(`${text}\n`);
  }

  /** For the person only; kept out of the answer, so that --json stays JSON. */
  say(line: string): void {
    this.#world.stderr.write(`${line}\n`);
  }

  async write(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of chunks) this.#world.stdout.write(chunk);
  }

  /** Throws a Stop where nobody can answer. */
  async ask(question: string): Promise<string> {
    if (!this.#world.stdin.isTTY) throw new Stop(EXIT.usage, `${question.trim()} Nobody is here to answer.`);
    const lines = createInterface({ input: this.#world.stdin, output: this.#world.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  }

  /** Asks without showing what is typed. */
  async askSecretly(question: string): Promise<string> {
    const input = this.#world.stdin as NodeJS.ReadStream;
    if (!input.isTTY)
      throw new Stop(EXIT.usage, `${question.trim()} Nobody is here to answer: use --password-stdin.`);
    this.#world.stderr.write(question);
    input.setRawMode(true);
    try {
      return await readHidden(input);
    } finally {
      input.setRawMode(false);
      input.pause();
      this.#world.stderr.write('\n');
    }
  }

  async readAll(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.#world.stdin) chunks.push(Buffer.from(chunk as Uint8Array | string));
    return Buffer.concat(chunks).toString('utf8');
  }
}

const END_OF_LINE = ['\r', '\n', '\u0004'];
const INTERRUPT = '\u0003';
const BACKSPACE = '\u007f';

async function readHidden(input: NodeJS.ReadStream): Promise<string> {
  let typed = '';
  input.resume();
  for await (const chunk of input.iterator({ destroyOnReturn: false })) {
    for (const key of String(chunk)) {
      if (key === INTERRUPT) throw new Stop(EXIT.usage, 'Stopped');
      if (END_OF_LINE.includes(key)) return typed;
      typed = key === BACKSPACE ? typed.slice(0, -1) : typed + key;
    }
  }
  return typed;
}

/** Columns under their heads, numbers to the right. */
export function table(head: string[], rows: (string | number)[][]): string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)),
  );
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const isNumber = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === 'number'));
  const line = (row: string[]) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), ...cells.map(line)];
}
