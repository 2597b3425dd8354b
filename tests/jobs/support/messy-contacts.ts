/** The same messy list for the same length: of each five rows four can be saved, the third has no usable address. */

const ROWS: readonly ((n: number) => string)[] = [
  (n) => `ADA LOVELACE,ADA${n}@Example.COM ,(212) 555-0142,1985-12-10`,
  (n) => `"Turing, Alan",alan${n}@example.org,+44 161 496 0000,23.06.1992`,
  (n) => `Grace Hopper,grace${n}@@example.com,+1 703 555 0199,9 December 1986`,
  (n) => `  katherine   johnson ,KJ${n}@EXAMPLE.net,212.555.0143,`,
  (n) => `Dr. Jürgen Müller,"juergen${n}@example.de",+49 30 901820,1970-01-31`,
];

export function messyContacts(rows: number): string {
  const lines = Array.from({ length: rows }, (_, n) => ROWS[n % ROWS.length]?.(n));
  return `Name,E-mail,Phone,Born\n${lines.join('\n')}\n`;
}
