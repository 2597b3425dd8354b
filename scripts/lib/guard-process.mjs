/** The guard's own program, see guard.mjs: reads what to watch, waits for the end of its input, ends everything. */
import { spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { removeQuietly, stopProcess } from './processes.mjs';

/** Together under the ten seconds in which a stopped run promises to be gone. */
const [PROGRAM_GRACE_MS, SERVER_GRACE_MS] = [5500, 3500];

const programs = [];
const servers = [];
const folders = [];
const commands = [];

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.watch) (message.first ? programs : servers).push(message.watch);
  if (message.remove) folders.push(message.remove);
  if (message.run) commands.push(message.run);
}
await Promise.all(programs.map((record) => stopProcess(record, { graceMs: PROGRAM_GRACE_MS })));
await Promise.all(servers.map((record) => stopProcess(record, { graceMs: SERVER_GRACE_MS })));
for (const [program, ...args] of commands) spawnSync(program, args, { stdio: 'ignore', timeout: 60_000 });
for (const folder of folders) removeQuietly(folder);
