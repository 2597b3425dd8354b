/** The bar above every page of a signed-in person: where one can go, who one is, and the way out. */
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type Me, seesConsole, signOut } from '../data/session.ts';
import { DoorIcon, Logo } from '../ui/icons.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

export function TopBar({ me, wide }: { me: Me; wide?: boolean }) {
  return (
    <header className={wide ? 'bar bar-wide' : 'bar'}>
      <div className="bar-inner">
        <Link to="/jobs" className="brand">
          <Logo />
          Larder
        </Link>
        <nav className="tabs" aria-label="Main">
          <Link to="/jobs" className="tab">
            Jobs
          </Link>
          {seesConsole(me) ? (
            <Link to="/console" className="tab">
              Console
            </Link>
          ) : null}
        </nav>
        <div className="who">
          <ThemeSwitch />
          <span className="who-name" title={me.email}>
            {me.username}
          </span>
          {me.role === 'member' ? null : <span className="pill tone-quiet role">{me.role}</span>}
          <SignOut />
        </div>
      </div>
    </header>
  );
}

function SignOut() {
  const leave = useMutation({ mutationFn: signOut });
  return (
    <Button
      className="sign-out"
      variant="default"
      size="sm"
      leftSection={<DoorIcon size={16} />}
      loading={leave.isPending}
      onClick={() => leave.mutate()}
    >
      Sign out
    </Button>
  );
}
