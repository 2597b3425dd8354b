/** What the commands print: steps with ticks and timings, and nothing else. */
import { styleText } from 'node:util';

const isColoured = process.stdout.isTTY && !process.env.NO_COLOR;

export function paint(style, text) {
  return isColoured ? styleText(style, text) : text;
}

/**
 * Runs one step and prints its line: a tick, what was done, how long it took. `work` is handed a function that adds
 * a note to the line. Returns what `work` returns; its error is passed on, and the line then shows a cross.
 */
export async function step(title, work) {
  const from = performance.now();
  let note = '';
  const line = (mark) => {
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    console.log(`${mark} ${title}${note && `: ${note}`} ${paint('dim', `(${seconds} s)`)}`);
  };
  try {
    const result = await work((text) => {
      note = text;
    });
    line(paint('green', '✓'));
    return result;
  } catch (error) {
    line(paint('red', '✗'));
    throw error;
  }
}

/** An error whose message is for people and needs no stack. */
export class PlainError extends Error {}

/** Prints an error as its reader needs it: plain ones as they are, surprises with their stack. */
export function printError(error) {
  const text = error instanceof PlainError ? error.message : (error?.stack ?? String(error));
  console.error(`\n${paint('red', 'Error:')} ${text}`);
}
