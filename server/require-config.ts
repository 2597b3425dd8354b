/**
 * The first import of a program: a wrong configuration ends it here with a list of what is wrong, before any module
 * that needs the configuration is loaded and would end it with a stack trace.
 */
import { ConfigError, config } from './config.ts';

try {
  config();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
