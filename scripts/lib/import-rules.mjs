/**
 * The arrows of the house: which file may import which. A rule that is broken says where to go instead.
 * Tests, scripts and benchmarks may reach anything; the rules are for the program itself.
 */
import { dirname, join, normalize } from 'node:path';

const CORE = ['config', 'log'];
const TOP = ['_core', 'app', 'main', 'root-router', 'warm', 'worker'];
const BELOW_SLICES = ['cache', 'csv', 'db', 'trpc', 'http', 'app-cache', 'monitoring', ...CORE, ...TOP];

/** @typedef {{ from: string, to: string, typeOnly: boolean }} Import  paths from the project's root; `to` may be a package */

/** Each rule: `broken(from, to, import)` with the places of both files, and what to do about it. */
const RULES = [
  {
    broken: (from, to) => from.area === 'server' && ['client', 'scripts', 'tests', 'bench'].includes(to.area),
    instead: 'the server stands alone: move what both need into server/ or drizzle/',
  },
  {
    broken: (from, to) => from.area === 'drizzle' && to.area !== 'drizzle' && to.area !== 'package',
    instead: 'the tables know nothing of the program: move it to the code that uses the table',
  },
  {
    broken: (from, to, { typeOnly }) => from.area === 'client' && to.area === 'server' && !typeOnly,
    instead: 'a client takes types alone from the server: write `import type`',
  },
  {
    broken: (from, to) => from.unit === 'cache' && to.area !== 'package' && to.unit !== 'cache',
    instead:
      'the engine imports nothing of the application: give it what it needs in the options of createCache (server/app-cache.ts)',
  },
  {
    broken: (from, to) =>
      from.unit === 'cache' && /^(@trpc|@fastify|fastify|drizzle-orm|mysql2|bullmq)\b/.test(to.path),
    instead:
      'the engine knows no tRPC, Fastify, database or queue: give it a function in the options of createCache',
  },
  {
    broken: (from, to) => to.unit === 'cache' && from.unit !== 'cache' && to.file !== 'index.ts',
    instead: 'server/cache/index.ts is the only door of the engine: import from there',
  },
  {
    broken: (from, to) => to.unit === 'db' && from.unit !== 'db' && to.file !== 'index.ts',
    instead: 'server/db/index.ts is the door of the database: import from there',
  },
  {
    broken: (from, to) =>
      from.area === 'server' && from.unit !== 'db' && /^(drizzle-orm\/)?mysql2\b/.test(to.path),
    instead:
      'only server/db opens connections: read through getDb, and write through `write`, or nothing is made old',
  },
  {
    broken: (from, to, { typeOnly }) =>
      from.unit === 'db' &&
      to.area === 'server' &&
      !['db', ...CORE].includes(to.unit) &&
      !(to.unit === 'cache' && typeOnly),
    instead:
      'the database learns of reads by dependsOn and of the cache by setInvalidator: it imports neither (types of the cache excepted)',
  },
  {
    broken: (from, to) => CORE.includes(from.unit) && to.area === 'server' && !CORE.includes(to.unit),
    instead: 'configuration and log lie below everything: let the caller import both',
  },
  {
    broken: (from, to) =>
      from.unit === 'app-cache' && to.area === 'server' && !['cache', 'db', ...CORE].includes(to.unit),
    instead: "the process's cache lies below every slice: declare reads in the slice's -reads.ts",
  },
  {
    broken: (from, to) => from.unit === 'trpc' && to.isSlice,
    instead: 'trpc/ knows no slice: app.ts injects what it needs of one (such as who resolves a session)',
  },
  {
    broken: (from, to) => from.unit === 'http' && to.isSlice,
    instead: 'http/ knows no slice: app.ts registers the routes that the slices export',
  },
  {
    broken: (from, to) =>
      to.unit === 'monitoring' && from.area === 'server' && ![...TOP, 'monitoring'].includes(from.unit),
    instead: 'monitoring listens and is called by nobody below: emit an event, and let monitoring subscribe',
  },
  {
    broken: (from, to) => TOP.includes(to.unit) && from.area === 'server' && !TOP.includes(from.unit),
    instead:
      'only main, app, root-router, worker, warm and _core know the whole: take what is needed as an argument',
  },
  {
    broken: (from, to, { typeOnly }) =>
      from.unit === 'monitoring' && to.isSlice && !isShown(to, typeOnly) && !to.isEvents,
    instead: 'monitoring looks at a slice through its -reads.ts, or listens to its events',
  },
  {
    broken: (from, to, { typeOnly }) =>
      from.isSlice && to.isSlice && from.unit !== to.unit && !isShown(to, typeOnly),
    instead:
      'a slice reaches another slice only through its -reads.ts; work that crosses slices is a handler that the owner exports and worker.ts registers; what several slices need goes into a folder below them',
  },
  {
    broken: (from, to) => from.isRouter && ['cache', 'app-cache', 'db', 'drizzle'].includes(to.unit),
    instead: "a router calls the slice's -reads or -writes and never sees the cache or the database",
  },
  {
    broken: (from, to) => from.isReads && (to.isWrites || to.isRouter),
    instead: 'reads lie below writes and routers: move what both need into a file of its own',
  },
  {
    broken: (from, to, { typeOnly }) => from.isReads && to.unit === 'cache' && !typeOnly,
    instead: 'reads are declared with cachedRead of server/app-cache.ts',
  },
  {
    broken: (from, to) => from.isWrites && (to.unit === 'cache' || to.unit === 'app-cache'),
    instead:
      'writes go through `write` of server/db; what they make old is declared with dependsOn in the -reads.ts',
  },
  {
    broken: (from, to) => from.isWrites && to.isRouter,
    instead: 'writes lie below routers: move what both need into a file of its own',
  },
];

/** What a slice shows to others: its reads, the shapes of its answers, the contract of its handlers, and the types of its inputs. */
function isShown(place, typeOnly) {
  return (
    place.isReads ||
    /-(answers|handler)\.ts$/.test(place.file) ||
    (typeOnly && /-schemas\.ts$/.test(place.file))
  );
}

/** The complaint about one import, or null. @param {Import} each */
export function complaintAbout(each) {
  const [from, to] = [placeOf(each.from), placeOf(each.to)];
  const rule = RULES.find(({ broken }) => broken(from, to, each));
  return rule ? `${each.from} imports ${each.to}: ${rule.instead}` : null;
}

/** Where a file lies in the house. Anything that is not one of the project's folders is a package. */
export function placeOf(path) {
  const [area, second = ''] = path.split('/');
  const file = path.split('/').at(-1);
  if (!/^(server|client|drizzle|tests|scripts|bench)\//.test(path))
    return { area: 'package', path, unit: '', file };
  const unit = area === 'server' ? unitOf(second) : area;
  const isSlice = area === 'server' && !BELOW_SLICES.includes(unit);
  const is = (pattern) => isSlice && pattern.test(file);
  return {
    area,
    path,
    unit,
    file,
    isSlice,
    isReads: is(/-reads\.ts$/),
    isEvents: is(/-events\.ts$/),
    isWrites: is(/-writes\.ts$/),
    isRouter: is(/-router\.ts$/),
  };
}

/** `users/users-reads.ts` belongs to users, `config-shapes.ts` to config, `app.ts` to app. */
function unitOf(name) {
  return name.replace(/\.ts$/, '').replace(/^config-.*/, 'config');
}

/** All imports of a TypeScript source. @returns {Import[]} */
export function importsOf(file, source) {
  const bare = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statement =
    /(?:^|\n|;)\s*(import|export)\s+(type\s+)?((?:[\w*\s{},$]|\bas\b)*?)\s*(?:from\s*)?['"]([^'"\n]+)['"]/g;
  const call = /\bimport\(\s*['"]([^'"\n]+)['"]\s*\)/g;
  const found = [];
  for (const [, , type, names, target] of bare.matchAll(statement)) {
    found.push({ from: file, to: resolve(file, target), typeOnly: Boolean(type) || areAllTypes(names) });
  }
  for (const [, target] of bare.matchAll(call))
    found.push({ from: file, to: resolve(file, target), typeOnly: false });
  return found;
}

/** `{ type A, type B }` imports types alone, as `import type` does. */
function areAllTypes(names) {
  const inner = names.trim().match(/^\{([\s\S]*)\}$/)?.[1];
  const each =
    inner
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean) ?? [];
  return each.length > 0 && each.every((name) => name.startsWith('type '));
}

function resolve(file, target) {
  return target.startsWith('.') ? normalize(join(dirname(file), target)) : target;
}

/**
 * Cycles between the folders of the server (and its single files). Each is told once, by an import for every arrow.
 * @param {Import[]} imports
 * @returns {string[]}
 */
export function cyclesAmong(imports) {
  const arrows = new Map();
  for (const each of imports) {
    const [from, to] = [placeOf(each.from), placeOf(each.to)];
    if (from.area !== 'server' || to.area !== 'server' || from.unit === to.unit) continue;
    if (!arrows.has(from.unit)) arrows.set(from.unit, new Map());
    arrows.get(from.unit).set(to.unit, each);
  }
  const told = new Map();
  for (const start of arrows.keys()) {
    const path = wayBack(arrows, start);
    if (path) told.set([...path.map(({ from }) => placeOf(from).unit)].sort().join(' '), path);
  }
  return [...told.values()].map((path) =>
    [
      'a cycle between folders; turn one of these arrows round, or move what both need below them:',
      ...path.map(({ from, to }) => `    ${from} → ${to}`),
    ].join('\n'),
  );
}

/** The shortest way along arrows from a folder back to itself, or null. */
function wayBack(arrows, start) {
  const seen = new Set();
  let ways = [{ at: start, path: [] }];
  while (ways.length > 0) {
    const next = [];
    for (const { at, path } of ways) {
      for (const [unit, each] of arrows.get(at) ?? []) {
        if (unit === start) return [...path, each];
        if (!seen.has(unit)) next.push({ at: unit, path: [...path, each] });
        seen.add(unit);
      }
    }
    ways = next;
  }
  return null;
}
