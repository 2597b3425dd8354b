/** `npx tsx scripts/write-env-example.ts`: writes `.env.example` from the table of variables. */
import { writeFileSync } from 'node:fs';
import { envExample } from './env-example.ts';

writeFileSync(new URL('../.env.example', import.meta.url), envExample());
