/** How often items were looked at, when a member was last here, and what members did last. All of it lags by seconds. */
import { and, desc, eq } from 'drizzle-orm';
import { activityLog, itemViews, lastSeen } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import { dependsOn, fingerprintOf, getDb } from '../db/index.ts';
import type { Item } from './activity-schemas.ts';

const ENTRIES = 50;

export const viewsOf = cachedRead<Item, number>({
  namespace: 'views',
  key: ({ kind, id }) => [kind, id],
  ttl: CACHE_CONFIG.activity.ttl,
  version: fingerprintOf(itemViews),
  load: async ({ kind, id }) => {
    const ofItem = and(eq(itemViews.kind, kind), eq(itemViews.itemId, id));
    const [row] = await getDb().select({ views: itemViews.views }).from(itemViews).where(ofItem);
    return row?.views ?? 0;
  },
});

export const lastSeenOf = cachedRead<number, Date | null>({
  namespace: 'user',
  key: (userId) => [userId, 'seen'],
  ttl: CACHE_CONFIG.activity.ttl,
  version: fingerprintOf(lastSeen),
  load: async (userId) => {
    const [row] = await getDb()
      .select({ at: lastSeen.seenAt })
      .from(lastSeen)
      .where(eq(lastSeen.userId, userId));
    return row?.at ?? null;
  },
});

export interface Activity {
  action: string;
  subject: string;
  happenedAt: Date;
}

/** The member's newest 50 acts, newest first. */
export const activityOf = cachedRead<number, Activity[]>({
  namespace: 'user',
  key: (userId) => [userId, 'activity'],
  ttl: CACHE_CONFIG.activity.ttl,
  version: fingerprintOf(activityLog),
  load: (userId) =>
    getDb()
      .select({
        action: activityLog.action,
        subject: activityLog.subject,
        happenedAt: activityLog.happenedAt,
      })
      .from(activityLog)
      .where(eq(activityLog.userId, userId))
      .orderBy(desc(activityLog.happenedAt), desc(activityLog.id))
      .limit(ENTRIES),
});

dependsOn(itemViews, {
  read: 'viewsOf',
  namespace: 'views',
  by: ['kind', 'itemId'],
  shows: ['views'],
  names: ({ kind, itemId }) => ({ keys: [viewsOf.key({ kind: kind as Item['kind'], id: itemId })] }),
});
dependsOn(lastSeen, {
  read: 'lastSeenOf',
  namespace: 'user',
  by: ['userId'],
  shows: ['seenAt'],
  names: ({ userId }) => ({ keys: [lastSeenOf.key(userId)] }),
});
dependsOn(activityLog, {
  read: 'activityOf',
  namespace: 'user',
  by: ['userId'],
  shows: 'all',
  names: ({ userId }) => ({ keys: [activityOf.key(userId)] }),
});
