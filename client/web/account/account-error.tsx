/** Why signing in or registering did not work; while the server asks for a pause, the seconds that are left. */
import { useEffect, useState } from 'react';
import { toLarderError } from '../../errors.ts';
import { plural } from '../ui/format.ts';
import { Failure, Note } from '../ui/states.tsx';

export function AccountError({ error, secondsLeft }: { error: unknown; secondsLeft: number }) {
  const { status, message } = toLarderError(error);
  if (status === 429) {
    return (
      <Note tone="warn" title="Too many tries" urgent>
        <p>{secondsLeft > 0 ? `Try again in ${plural(secondsLeft, 'second')}.` : 'You can try again now.'}</p>
      </Note>
    );
  }
  if (status === 401 || status === 409 || status === 400) return <Note tone="bad" title={message} urgent />;
  return <Failure error={error} />;
}

/** Counts down the pause that a refused call asked for; 0 when none is asked for. */
export function useSecondsLeft(error: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const pause = error ? (toLarderError(error).retryAfterS ?? 0) : 0;
    const until = Date.now() + pause * 1000;
    setLeft(pause);
    if (pause === 0) return;
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000))), 500);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}
