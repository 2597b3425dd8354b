/**
 * Named points around the commit at which a fault test stops the process dead, as a power cut would. Armed by
 * LARDER_FAILPOINT=name[:share] in the environment of a test's child; otherwise each call is an empty function's.
 */

/** In the order in which a write passes them; `cleaned` is passed by the batch that deletes settled outbox rows. */
export const FAILPOINTS = [
  'begun',
  'worked',
  'marked',
  'in-outbox',
  'before-commit',
  'committing',
  'committed',
  'settling',
  'settled',
  'cleaned',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

const [armed, share = '1'] = (process.env.LARDER_FAILPOINT ?? '').split(':');

/** `committing` and `settling` strike while the command is on its way, the others at once. */
const ON_THE_WAY = new Set<string>(['committing', 'settling']);

function strike(name: Failpoint): void {
  if (name !== armed || Math.random() >= Number(share)) return;
  const kill = () => process.kill(process.pid, 'SIGKILL');
  if (ON_THE_WAY.has(name)) setTimeout(kill, Math.random() * 2);
  else kill();
}

export const failpoint: (name: Failpoint) => void = armed ? strike : () => {};
