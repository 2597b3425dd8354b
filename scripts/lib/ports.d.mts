/** Types of ports.mjs for the tests. */
export function freePort(): Promise<number>;
export function whyPortIsTaken(port: number, host?: string): Promise<string | null>;
