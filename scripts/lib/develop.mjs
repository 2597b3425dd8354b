/** The work of `npm run dev`. */
import { installIfNeeded } from './install.mjs';
import { freePort } from './ports.mjs';
import { runBeside } from './programs.mjs';
import { loadEnvironmentFile, ROOT, toolCommand } from './project.mjs';
import { announce, checkConfiguration, chooseAddress, isReady, prepareServers } from './start.mjs';
import { step } from './terminal.mjs';

/** Serves the pages on PORT through Vite, which hands the calls of the API on to the server on a port of its own. */
export async function develop(run) {
  const { guard } = run;
  await installIfNeeded({ guard });
  loadEnvironmentFile();
  await checkConfiguration({ guard });
  const pages = await chooseAddress();
  const serverPort = await freePort();
  const { services, env, logins } = await prepareServers({
    guard,
    command: 'npm run dev',
    variables: {
      HOST: '127.0.0.1',
      PORT: String(serverPort),
      PUBLIC_URL: process.env.PUBLIC_URL || pages.url,
      LARDER_URL: `http://127.0.0.1:${serverPort}`,
    },
  });
  const beside = { env, cwd: ROOT, guard, recordIn: services.folder };
  const server = runBeside(
    [...toolCommand('tsx'), 'watch', '--clear-screen=false', 'server/main.ts'],
    beside,
  );
  const vite = runBeside(
    [
      ...toolCommand('vite'),
      'client/web',
      '--port',
      String(pages.port),
      '--strictPort',
      '--clearScreen',
      'false',
    ],
    beside,
  );
  const ended = Promise.race([server.ended, vite.ended]);
  await step('Serve', () => Promise.race([isReady(env.LARDER_URL), ended]));
  run.interruptedCode = 0;
  services.tell({ url: pages.url });
  announce(pages.url, logins);
  return ended;
}
