/**
 * `node scripts/test-services.mjs`: one set of test servers to share between several test runs. Prints the lines
 * to `eval` in a shell and stays until Ctrl+C or SIGTERM.
 */
import { startTestServers } from './lib/test-servers.mjs';

const servers = await startTestServers();
for (const [name, value] of Object.entries(servers.env)) console.log(`export ${name}='${value}'`);

// A listener for the signals alone does not keep Node running.
const stay = setInterval(() => {}, 60_000);
const stop = () => {
  clearInterval(stay);
  void servers.stop();
};
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, stop);
