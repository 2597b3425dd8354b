/** Says what is wrong with the environment, before anything is started; `npm start` finds the database later. */
import { ConfigError, checkEnvironment } from '../server/config.ts';

try {
  checkEnvironment({ DATABASE_URL: 'mysql://127.0.0.1/found-later' });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
