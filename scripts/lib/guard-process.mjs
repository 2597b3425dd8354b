/** The guard's own program, see guard.mjs: reads what to watch, waits for the end of its input, ends everything. */
import { createInterface } from 'node:readline';
import { removeQuietly, stopProcess } from './processes.mjs';

const watched = [];
const folders = [];

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.watch) watched.push(message.watch);
  if (message.remove) folders.push(message.remove);
}
await Promise.all(watched.map((record) => stopProcess(record)));
for (const folder of folders) removeQuietly(folder);
