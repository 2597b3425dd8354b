/** A process that counts views behind, as the program does, with the flusher of its own that goes with it. */
import { viewsOf } from '../../../server/activity/activity-reads.ts';
import { countView } from '../../../server/activity/activity-writes.ts';
import { cache } from '../../../server/app-cache.ts';
import { reportBehindErrors, startBehind, stopBehind } from '../../../server/db/index.ts';
import { serve } from '../support/serve.ts';

let flushErrors = 0;
reportBehindErrors(() => {
  flushErrors++;
});

const handlers = {
  /** Resolves when the view is acknowledged. */
  view: ({ id, viewId }: { id: number; viewId: string }) => countView({ kind: 'course', id }, viewId),
  views: (id: number) => viewsOf.get({ kind: 'course', id }),
  flushErrors: () => flushErrors,
  /** Applies what stands in the stream, and counts no more. */
  stop: () => stopBehind(),
};

export type ViewerHandlers = typeof handlers;

startBehind();
await cache.ready();
serve(handlers);
