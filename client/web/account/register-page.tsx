/** Making an account; whoever registers is signed in at once. */
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { toLarderError } from '../../errors.ts';
import { beginSession } from '../data/session.ts';
import { api } from '../data/trpc.ts';
import { AccountError, useSecondsLeft } from './account-error.tsx';
import { AccountFrame } from './account-frame.tsx';

const route = getRouteApi('/register');
const MIN_PASSWORD = 8;

const checks = {
  username: (value: string) => (value.trim() ? null : 'Give the name that others shall see'),
  email: (value: string) =>
    /^\S+@\S+$/.test(value) ? null : 'Give an e-mail address, such as ada@example.org',
  password: (value: string) =>
    value.length >= MIN_PASSWORD
      ? null
      : `Give at least ${MIN_PASSWORD} characters; there ${value.length === 1 ? 'is' : 'are'} ${value.length} so far`,
};

export function RegisterPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { username: '', email: '', password: '' },
    validate: checks,
  });
  const register = useMutation({
    mutationFn: (input: { username: string; email: string; password: string }) =>
      api.auth.register.mutate(input),
    onSuccess: async () => {
      await beginSession();
      router.history.push(next ?? '/jobs');
    },
    onError: (error) => {
      const { field, message } = toLarderError(error);
      if (field && field in checks) form.setFieldError(field, message);
    },
  });
  const secondsLeft = useSecondsLeft(register.error);

  return (
    <AccountFrame
      title="Register"
      lead="An account keeps your files and their results apart from everybody else's."
    >
      <form onSubmit={form.onSubmit((values) => register.mutate(values))} noValidate>
        <Stack gap="md">
          {register.error ? <AccountError error={register.error} secondsLeft={secondsLeft} /> : null}
          <TextInput
            label="Name"
            autoComplete="nickname"
            size="md"
            key={form.key('username')}
            {...form.getInputProps('username')}
          />
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
            description={`At least ${MIN_PASSWORD} characters`}
            autoComplete="new-password"
            size="md"
            key={form.key('password')}
            {...form.getInputProps('password')}
          />
          <Button type="submit" size="md" loading={register.isPending} disabled={secondsLeft > 0}>
            Register
          </Button>
        </Stack>
      </form>
      <p>
        Have an account?{' '}
        <Link to="/sign-in" search={{ next }}>
          Sign in
        </Link>
      </p>
    </AccountFrame>
  );
}
