// Tables of cells for the normalisers' tests: what is typed, what is expected.

import { expect, it } from 'vitest';
import type { Cell, Code } from '../../../server/jobs/contacts/index.ts';

type Normalize = (raw: string) => Cell;

/** Each raw text becomes the value, with status changed or ok. */
export function becomes(normalize: Normalize, table: Record<string, string | null>): void {
  it.each(Object.entries(table))('%j becomes %j', (raw, value) => {
    const cell = normalize(raw);
    expect({ value: cell.value, raw: cell.raw, flagged: isFlagged(cell) }).toEqual({
      value,
      raw,
      flagged: false,
    });
  });
}

/** Each raw text gets a warning with this code and keeps a value. */
export function warns(normalize: Normalize, table: Record<string, [Code, string]>): void {
  it.each(Object.entries(table))('%j is kept with a warning: %j', (raw, [code, value]) => {
    expect(normalize(raw)).toMatchObject({
      raw,
      value,
      status: 'warn',
      code,
      message: expect.stringMatching(/\w/),
    });
  });
}

/** Each raw text is refused with this code, and the suggestion where one is given. */
export function refuses(normalize: Normalize, table: Record<string, [Code, string?]>): void {
  it.each(Object.entries(table))('%j is refused: %j', (raw, [code, suggestion]) => {
    const cell = normalize(raw);
    expect(cell).toMatchObject({
      raw,
      value: null,
      status: 'error',
      code,
      message: expect.stringMatching(/\w/),
    });
    expect(cell.suggestion).toBe(suggestion);
  });
}

function isFlagged(cell: Cell): boolean {
  return cell.status === 'warn' || cell.status === 'error';
}
