/** Around the members' pages. */
import { Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { useMe } from '../api/session.ts';
import { SkipLink, useFocusOnArrival } from './page.tsx';
import { TopBar } from './top-bar.tsx';

export function MemberShell() {
  const me = useMe();
  const { pathname, href } = useLocation();
  useFocusOnArrival(pathname);
  if (!me) return <Navigate to="/sign-in" search={{ next: href }} />;
  return (
    <>
      <SkipLink />
      <TopBar me={me} />
      <Outlet />
    </>
  );
}
