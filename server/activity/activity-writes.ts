/** What is written behind: acknowledged at once, in the database within seconds, never lost and never counted twice. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { activityLog, itemViews, lastSeen } from '../../drizzle/schema.ts';
import { behind, declareEntity } from '../db/index.ts';
import type { Item } from './activity-schemas.ts';

const views = declareEntity({ name: 'views', table: itemViews, key: ['kind', 'itemId'] });
const presence = declareEntity({ name: 'presence', table: lastSeen, key: ['userId'] });
const log = declareEntity({ name: 'activity', table: activityLog, key: [] });

/** A member's last instant is as exact as this, in ms. */
const PRESENCE_MS = 60_000;
const recentlySeen = new LRUCache<number, true>({ max: 10_000, ttl: PRESENCE_MS });

/** Resolves when the view is acknowledged. The same `viewId` of the same item again counts once. */
export async function countView({ kind, id }: Item, viewId?: string): Promise<void> {
  const call = viewId === undefined ? {} : { id: operationIdOf(`${kind}:${id}:${viewId}`) };
  await behind().increment(views, { kind, itemId: id }, { views: 1 }, call);
}

/** An operation's id has 64 characters at most. */
function operationIdOf(view: string): string {
  return view.length <= 64 ? view : createHash('sha256').update(view).digest('base64url');
}

export async function noteSeen(userId: number, at = new Date()): Promise<void> {
  if (recentlySeen.has(userId)) return;
  recentlySeen.set(userId, true);
  await behind().put(presence, { userId }, { seenAt: at });
}

/** `action` is a word, `subject` what it was done to: `purchase`, `product 7`. */
export async function logActivity(
  userId: number,
  { action, subject }: { action: string; subject: string },
): Promise<void> {
  await behind().create(log, { userId, action, subject, happenedAt: new Date() });
}
