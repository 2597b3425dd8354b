/** Pages for what is not there, not allowed, or broke. */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Failure, Note } from '../ui/states.tsx';
import { Page } from './page.tsx';

export function MissingPage() {
  return (
    <Page title="There is no such page" lead="The address may be old or mistyped.">
      <Link to="/jobs">Go to your jobs</Link>
    </Page>
  );
}

export function NotAllowedPage({ needed }: { needed: 'operator' | 'admin' }) {
  return (
    <Page title="Not for your role">
      <Note tone="info" title={`This page is for the role “${needed}”.`}>
        <p>
          Ask an admin to give it to you, or go back to <Link to="/jobs">your jobs</Link>.
        </p>
      </Note>
    </Page>
  );
}

/** The last resort when a page itself fails. */
export function CrashPage({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <Page title="This page failed">
      <Failure error={error} retry={reset} />
      <p>
        <Button component="a" href="/" variant="subtle">
          Start over
        </Button>
      </p>
    </Page>
  );
}
