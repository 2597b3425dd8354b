// What becomes of one cell. Every normaliser takes the raw text and returns a Cell; a Draft is the cell while it is worked on.

import type { Code } from './codes.ts';

/**
 * ok: as it came. changed: repaired without doubt. warn: a value, but please look. error: no value.
 * `raw` is always the input. `code` and `message` are null only for ok; the message names every step that was taken.
 */
export interface Cell {
  raw: string;
  value: string | null;
  status: CellStatus;
  code: Code | null;
  message: string | null;
  /** What was probably meant, where only a person can decide. */
  suggestion?: string;
}

export type CellStatus = 'ok' | 'changed' | 'warn' | 'error';

export class Draft {
  readonly raw: string;
  text: string;
  #steps: { code: Code; message: string }[] = [];
  #warning: { code: Code; message: string; suggestion?: string } | null = null;

  constructor(raw: string) {
    this.raw = raw;
    this.text = raw;
  }

  /** Takes `text` as the new state; remembers the step only if it changed something. */
  change(code: Code, text: string, message: string): this {
    if (text !== this.text) {
      this.text = text;
      this.#steps.push({ code, message });
    }
    return this;
  }

  /** The first warning names the cell; later ones are added to its message. */
  warn(code: Code, message: string, suggestion?: string): this {
    if (this.#warning) this.#warning.message += `; ${message}`;
    else this.#warning = { code, message, suggestion };
    return this;
  }

  /** The cell has no usable value. */
  fail(code: Code, message: string, suggestion?: string): Cell {
    const cell: Cell = { raw: this.raw, value: null, status: 'error', code, message };
    return suggestion === undefined ? cell : { ...cell, suggestion };
  }

  /** The cell as it stands; an empty text is null. */
  done(): Cell {
    const value = this.text === '' ? null : this.text;
    const steps = this.#steps.map((step) => step.message);
    if (this.#warning) {
      const { code, message, suggestion } = this.#warning;
      const cell: Cell = {
        raw: this.raw,
        value,
        status: 'warn',
        code,
        message: [message, ...steps].join('; '),
      };
      return suggestion === undefined ? cell : { ...cell, suggestion };
    }
    const last = this.#steps.at(-1);
    if (!last || value === this.raw) return { raw: this.raw, value, status: 'ok', code: null, message: null };
    return { raw: this.raw, value, status: 'changed', code: last.code, message: steps.join('; ') };
  }
}

const WEIGHT: Record<CellStatus, number> = { ok: 0, changed: 1, warn: 2, error: 3 };
const MOST_PASSES = 5;

/**
 * Normalises until nothing changes any more, so that a value which is handed in again stays as it is. One repair can open the way
 * for another (",null" is null once its comma is gone); nearly always the second pass finds nothing to do.
 */
export function settle(raw: string, normalize: (text: string) => Cell): Cell {
  let cell = normalize(raw);
  for (let pass = 1; pass < MOST_PASSES && cell.value !== null && cell.value !== raw; pass++) {
    const next = normalize(cell.value);
    if (next.value === cell.value) return cell;
    cell = joined(cell, next);
  }
  return cell;
}

function joined(first: Cell, next: Cell): Cell {
  if (next.value === first.raw && WEIGHT[first.status] < WEIGHT.warn) return { ...next, raw: first.raw };
  const graver = WEIGHT[next.status] >= WEIGHT[first.status] ? next : first;
  const message = [first.message, next.message].filter(Boolean).join('; ');
  return { ...graver, raw: first.raw, value: next.value, message };
}
