/** Around the members' pages. */
import { Outlet, useLocation } from '@tanstack/react-router';
import { SkipLink, useFocusOnArrival } from './page.tsx';
import { TopBar } from './top-bar.tsx';
import { useSignedIn } from './use-signed-in.ts';

export function MemberShell() {
  const me = useSignedIn();
  useFocusOnArrival(useLocation().pathname);
  if (!me) return null;
  return (
    <>
      <SkipLink />
      <TopBar me={me} />
      <Outlet />
    </>
  );
}
