/** The text of `.env.example`, made from the table of variables. */
import { VARIABLES, type Variable } from '../server/config-variables.ts';

const WIDTH = 100;

/** Every variable, commented out, with its default and its meaning, by group. */
export function envExample(): string {
  const variables: Variable[] = Object.values(VARIABLES);
  const groups = [...new Set(variables.map(({ group }) => group))];
  const header = [
    '# Every variable of Larder with its default and its meaning. Nothing must be set for `npm start`.',
    '# Copy this file to .env and take away the # in front of what you change; the environment wins over the file.',
  ];
  const sections = groups.flatMap((group) => [
    '',
    `# --- ${group} ---`,
    ...variables.filter((variable) => variable.group === group).flatMap(linesOf),
  ]);
  return `${[...header, ...sections].join('\n')}\n`;
}

function linesOf({ name, byDefault, meaning, shape }: Variable): string[] {
  const value = byDefault === null ? '' : byDefault;
  return ['', ...wrap(`${meaning} (${shape.description})`), `#${name}=${value}`];
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
