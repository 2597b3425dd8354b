/** Signing in and out. */
import type { Command } from 'commander';
import { forgetCredentials, keepCredentials } from './credentials.ts';
import { EXIT, Stop } from './exit-codes.ts';
import type { Registrar, Session } from './program.ts';

interface LoginOptions {
  email?: string;
  passwordStdin?: boolean;
}

export function registerAccountCommands(program: Command, withSession: Registrar): void {
  program
    .command('login')
    .description('sign in and keep the session in a file that only you may read')
    .option('--email <address>', 'the account (asked for if not given)')
    .option('--password-stdin', 'read the password from standard input')
    .action(withSession((session, options: LoginOptions) => login(session, options)));
  program.command('logout').description('end the session').action(withSession(logout));
  program.command('whoami').description('say who is signed in').action(withSession(whoAmI));
}

async function login({ larder, terminal }: Session, options: LoginOptions): Promise<void> {
  const email = options.email ?? (await terminal.ask('E-mail: '));
  const password = options.passwordStdin
    ? (await terminal.readAll()).replace(/\r?\n$/, '')
    : await terminal.askSecretly('Password: ');
  const user = await larder.login({ email, password });
  const file = await keepCredentials(terminal.env, { url: larder.url, token: larder.token });
  terminal.answer(
    { user, file },
    `Signed in as ${user.username} (${user.role}); the session is kept in ${file}`,
  );
}

async function logout({ larder, terminal }: Session): Promise<void> {
  if (larder.token) await larder.logout();
  await forgetCredentials(terminal.env);
  terminal.answer({ success: true }, 'Signed out');
}

async function whoAmI({ larder, terminal }: Session): Promise<void> {
  const me = await larder.api.auth.me.query();
  if (!me) throw new Stop(EXIT.notAllowed, `Nobody is signed in at ${larder.url} (larder login)`);
  terminal.answer(me, `${me.username} <${me.email}>, ${me.role}, at ${larder.url}`);
}
