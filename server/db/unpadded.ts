/**
 * The text without spaces at its end. The server pads texts with spaces before it compares them, so that `a` and `a `
 * find the same row: a cached read by a text must take them for one, or its entry would be one that no write names.
 */
export function unpadded(text: string): string {
  return text.replace(/ +$/, '');
}
