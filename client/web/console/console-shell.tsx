/** Around the operators' pages: the side with its pages, and a banner while Redis does not help. */
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { mayClear, seesConsole } from '../data/session.ts';
import { NotAllowedPage } from '../shell/exceptional-pages.tsx';
import { SkipLink, useFocusOnArrival } from '../shell/page.tsx';
import { TopBar } from '../shell/top-bar.tsx';
import { useSignedIn } from '../shell/use-signed-in.ts';
import { BroomIcon, GaugeIcon, ListIcon, StoreIcon } from '../ui/icons.tsx';
import { RedisBanner } from './redis-banner.tsx';

export function ConsoleShell() {
  const me = useSignedIn();
  useFocusOnArrival(useLocation().pathname);
  if (!me) return null;
  if (!seesConsole(me)) {
    return (
      <>
        <TopBar me={me} />
        <NotAllowedPage needed="operator" />
      </>
    );
  }
  return (
    <>
      <SkipLink />
      <TopBar me={me} wide />
      <RedisBanner />
      <div className="console">
        <nav className="console-nav" aria-label="Console">
          <ul>
            <li>
              <Link to="/console" activeOptions={{ exact: true }}>
                <GaugeIcon /> Cache
              </Link>
            </li>
            <li>
              <Link to="/console/keys">
                <StoreIcon /> Keys
              </Link>
            </li>
            <li>
              <Link to="/console/clear">
                <BroomIcon /> {mayClear(me) ? 'Clear' : 'Clear (preview)'}
              </Link>
            </li>
            <li>
              <Link to="/console/audit">
                <ListIcon /> Audit
              </Link>
            </li>
          </ul>
        </nav>
        <Outlet />
      </div>
    </>
  );
}
