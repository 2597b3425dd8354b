/** How the text of a variable is read. Every shape's description completes the sentence "expected …". */
import { z } from 'zod';

type Shape<T> = z.ZodType<T, string>;

/** Any text without spaces around it, or only what `pattern` takes. */
export function text(pattern = /./, expected = 'some text'): Shape<string> {
  return z.string().regex(pattern).describe(expected);
}

export function wholeNumber({ min, max }: { min: number; max: number }): Shape<number> {
  const isGood = (value: number): boolean => value >= min && value <= max;
  return z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .refine(isGood)
    .describe(`a whole number from ${min} to ${max}`);
}

/** A part of a whole. */
export function share(): Shape<number> {
  return z
    .string()
    .regex(/^\d*\.?\d+$/)
    .transform(Number)
    .refine((value) => value <= 1)
    .describe('a number from 0 to 1');
}

export function yesOrNo(): Shape<boolean> {
  return z
    .enum(['true', 'false', '1', '0'])
    .transform((value) => value === 'true' || value === '1')
    .describe('true or false');
}

export function oneOf<const T extends string>(...choices: T[]): Shape<T> {
  return z.enum(choices).describe(`one of ${choices.join(', ')}`) as unknown as Shape<T>;
}

/** At least one of the choices, separated by commas. */
export function listOf<const T extends string>(...choices: T[]): Shape<T[]> {
  return z
    .string()
    .transform(splitByComma)
    .pipe(z.array(z.enum(choices)).min(1))
    .describe(`one or more of ${choices.join(', ')}, separated by commas`) as unknown as Shape<T[]>;
}

/** Any number of items that match the pattern, separated by commas; none for an empty text. */
export function itemsOf(pattern: RegExp, example: string): Shape<string[]> {
  return z
    .string()
    .transform(splitByComma)
    .pipe(z.array(z.string().regex(pattern)))
    .describe(`${example}, or nothing`);
}

/** A URL of one of these protocols; with `path`, one that names something after the host. */
export function address(protocols: string[], example: string, { path = false } = {}): Shape<string> {
  return z
    .string()
    .refine((value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined;
      return (
        url !== undefined &&
        protocols.includes(url.protocol) &&
        url.hostname !== '' &&
        (!path || url.pathname.length > 1)
      );
    })
    .describe(`an address such as ${example}`);
}

/** The same, or not set at all. */
export function optional<T>(shape: Shape<T>): z.ZodType<T | undefined, string | undefined> {
  return shape.optional().describe(shape.description ?? '');
}

function splitByComma(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
