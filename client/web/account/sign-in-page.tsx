/** Signing in, with one-click log-ins where the server runs as a demo. */
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { beginSession } from '../data/session.ts';
import { api, trpc } from '../data/trpc.ts';
import { AccountError, useSecondsLeft } from './account-error.tsx';
import { AccountFrame } from './account-frame.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const signIn = useMutation({
    mutationFn: (input: { email: string; password: string }) => api.auth.login.mutate(input),
    onSuccess: async () => {
      await beginSession();
      router.history.push(next ?? '/jobs');
    },
  });
  const secondsLeft = useSecondsLeft(signIn.error);
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '', password: '' },
    validate: {
      email: (value) => (value.includes('@') ? null : 'Give the e-mail address of your account'),
      password: (value) => (value ? null : 'Give your password'),
    },
  });

  return (
    <AccountFrame title="Sign in" lead="Hand in contact lists and get them back clean.">
      <form onSubmit={form.onSubmit((values) => signIn.mutate(values))} noValidate>
        <Stack gap="md">
          {signIn.error ? <AccountError error={signIn.error} secondsLeft={secondsLeft} /> : null}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            size="md"
            key={form.key('email')}
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            size="md"
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" loading={signIn.isPending} disabled={secondsLeft > 0}>
            {secondsLeft > 0 ? `Wait ${secondsLeft} s` : 'Sign in'}
          </Button>
        </Stack>
      </form>
      <DemoLogins busy={signIn.isPending || secondsLeft > 0} use={(login) => signIn.mutate(login)} />
      <p>
        No account yet?{' '}
        <Link to="/register" search={{ next }}>
          Register
        </Link>
      </p>
    </AccountFrame>
  );
}

interface DemoLoginsProps {
  busy: boolean;
  use: (login: { email: string; password: string }) => void;
}

const NAMES = { admin: 'Admin', operator: 'Operator', member: 'Member' };

function DemoLogins({ busy, use }: DemoLoginsProps) {
  const { data } = useQuery(trpc.auth.demoLogins.queryOptions(undefined, { staleTime: Infinity }));
  if (!data?.length) return null;
  return (
    <section aria-labelledby="demo-logins">
      <h2 className="divider-text" id="demo-logins">
        or try it at once as
      </h2>
      <div className="demo-logins">
        {data.map(({ email, password, role }) => (
          <Button key={email} variant="default" disabled={busy} onClick={() => use({ email, password })}>
            {NAMES[role]}
          </Button>
        ))}
      </div>
    </section>
  );
}
