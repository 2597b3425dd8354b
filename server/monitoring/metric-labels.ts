/** What may stand in a metric's label. Ids, e-mails and other people's words never do, and their number is bounded. */

const MAX_NAMESPACES = 64;
const PLAIN = /^[a-z][a-zA-Z-]{0,31}$/;
const OTHER = 'other';

const known = new Set<string>();

/** The namespace itself if it is a plain word and one of the first 64 seen, else `other`. */
export function namespaceLabel(namespace: string): string {
  if (known.has(namespace)) return namespace;
  if (!PLAIN.test(namespace) || known.size >= MAX_NAMESPACES) return OTHER;
  known.add(namespace);
  return namespace;
}
