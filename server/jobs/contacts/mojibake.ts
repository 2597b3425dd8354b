// UTF-8 that some program read as Windows-1252: "JosÃ©" for "José". It is restored only when the way back works for the whole
// text, which practically never happens by chance.

const HINT = /[ÂÃÄÅÆÇÐÑÏâ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/;

const WINDOWS_1252_HIGH = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';
const BYTE_OF = new Map(
  [...WINDOWS_1252_HIGH].map((char, at) => [
    char,
    [
      0x80, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8e, 0x91, 0x92, 0x93, 0x94,
      0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9e, 0x9f,
    ][at] as number,
  ]),
);

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The text as it was before it was garbled (also twice), or the text itself. */
export function fixMojibake(text: string): string {
  let current = text;
  while (HINT.test(current)) {
    const restored = backToUtf8(current);
    if (restored === null || restored === current) break;
    current = restored;
  }
  return current;
}

function backToUtf8(text: string): string | null {
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    const byte = code < 256 ? code : BYTE_OF.get(char);
    if (byte === undefined) return null;
    bytes.push(byte);
  }
  try {
    return strictUtf8.decode(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}
