/** The environment, read and checked once per process. What can be set stands in `config-variables.ts`. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import {
  contradictions,
  type Environment,
  type Problem,
  shown,
  unfitForProduction,
  unknownNames,
} from './config-problems.ts';
import { VARIABLES, type Variable } from './config-variables.ts';

type Values = { [Field in keyof typeof VARIABLES]: z.output<(typeof VARIABLES)[Field]['shape']> };

export type Config = Readonly<
  Omit<Values, 'redisHost' | 'redisPort' | 'publicUrl' | 'queueRedisUrl'> & {
    publicUrl: string;
    queueRedisUrl: string;
  }
>;

/** The environment is not one that Larder can start with. The message and `problems` say everything that is wrong at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'One thing' : `${problems.length} things`;
    const lines = problems.map(({ name, what }) => `  ${name} ${what}`);
    super(
      [`${count} in the configuration must be put right:`, ...lines, 'All variables: .env.example'].join(
        '\n',
      ),
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

let known: Config | undefined;

/**
 * This process's configuration: its environment, completed by the file that ENV_FILE names.
 * Throws ConfigError when anything is wrong.
 */
export function config(): Config {
  known ??= checkEnvironment();
  return known;
}

/** Reads the environment and its file once more; `assumed` stands in for what is not set. Throws ConfigError. */
export function checkEnvironment(assumed: Environment = {}): Config {
  const fileNames = loadFile(process.env.ENV_FILE ?? '.env');
  return readConfig({ env: { ...assumed, ...given(process.env) }, fileNames });
}

/** An empty value means the same as none. */
function given(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
}

/** Puts the file's variables into the environment where they are not set yet; returns the names. A missing file is fine. */
function loadFile(path: string): string[] {
  if (path === '') return [];
  try {
    const names = Object.keys(parseEnv(readFileSync(path, 'utf8')));
    process.loadEnvFile(path);
    return names;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Checks an environment. In `fileNames`, those set in a .env file, every name must be a variable of Larder. */
export function readConfig({
  env,
  fileNames = [],
}: {
  env: Environment;
  fileNames?: readonly string[];
}): Config {
  const { values, problems } = readValues(env);
  const names = Object.values(VARIABLES).map(({ name }) => name);
  problems.push(
    ...unknownNames({ env, fileNames, names }),
    ...contradictions(env),
    ...unfitForProduction(env),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  const { redisHost, redisPort, ...rest } = values;
  const isSplit = redisHost !== undefined || redisPort !== undefined;
  const redisUrl = isSplit ? `redis://${redisHost ?? '127.0.0.1'}:${redisPort ?? 6379}` : rest.redisUrl;
  return Object.freeze({
    ...rest,
    redisUrl,
    queueRedisUrl: rest.queueRedisUrl ?? redisUrl,
    publicUrl: rest.publicUrl ?? `http://${rest.host}:${rest.port}`,
  });
}

function readValues(env: Environment): { values: Values; problems: Problem[] } {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [field, { name, byDefault, shape }] of Object.entries<Variable>(VARIABLES)) {
    // An empty line of a .env file means "not set".
    const given = env[name]?.trim() || (byDefault ?? undefined);
    const result = shape.safeParse(given);
    if (result.success) values[field] = result.data;
    else problems.push({ name, what: `is ${shown(given)}, expected ${shape.description}` });
  }
  return { values: values as Values, problems };
}
