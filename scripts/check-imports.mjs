/** Checks that imports follow the arrows of the house, see lib/import-rules.mjs. Prints what does not; the exit code is then 1. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complaintAbout, cyclesAmong, importsOf } from './lib/import-rules.mjs';
import { ROOT } from './lib/project.mjs';

const root = process.argv[2] ?? ROOT;

const imports = ['server', 'drizzle', 'client']
  .flatMap(sourcesIn)
  .flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8')));
const complaints = [...imports.map(complaintAbout).filter(Boolean), ...cyclesAmong(imports)];
for (const complaint of complaints) console.error(complaint);
console.log(
  `${imports.length} imports, ${complaints.length === 0 ? 'all along the arrows' : `${complaints.length} against the arrows`}`,
);
process.exitCode = complaints.length === 0 && imports.length > 0 ? 0 : 1;

function sourcesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name).replaceAll('\\', '/'));
}
