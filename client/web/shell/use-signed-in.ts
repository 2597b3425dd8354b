/** The signed-in person around whose pages a shell stands. */
import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { type Me, useMe } from '../data/session.ts';

/** Null once the session has ended; the routes are then asked again, and send to the sign-in page. */
export function useSignedIn(): Me | null {
  const me = useMe();
  const router = useRouter();
  useEffect(() => {
    if (!me) void router.invalidate();
  }, [me, router]);
  return me;
}
