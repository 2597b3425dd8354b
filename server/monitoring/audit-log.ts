/**
 * Who did what to the cache. The row stands before the act begins: an act that cannot be written down does not happen,
 * and one whose process died stays visible as `running`.
 */
import { and, asc, desc, eq, lt } from 'drizzle-orm';
import { audit, users } from '../../drizzle/schema.ts';
import { getDb, write } from '../db/index.ts';

export type AuditRow = typeof audit.$inferSelect;

export interface AuditedCall {
  user: { id: number; role: AuditRow['role'] };
  source: AuditRow['source'];
  action: string;
  /** As it was sent. */
  input: unknown;
  requestId: string;
  previewCount?: number | null;
}

const MAX_MESSAGE = 500;
const MAX_INPUT_CHARS = 4000;

/** Runs the act between the row's two halves. Throws what the act throws, after writing that down. */
export async function audited<T extends { count: number }>(
  call: AuditedCall,
  act: () => Promise<T>,
): Promise<T & AuditReceipt> {
  const auditId = await begin(call, { result: 'running' });
  const begun = performance.now();
  const ms = () => Math.round(performance.now() - begun);
  try {
    const answer = await act();
    const tookMs = ms();
    const warnings = await finish(auditId, { result: 'ok', count: answer.count, ms: tookMs });
    return { ...answer, auditId, tookMs, warnings };
  } catch (error) {
    await finish(auditId, { result: 'failed', ms: ms(), message: messageOf(error) });
    throw error;
  }
}

export interface AuditReceipt {
  auditId: number;
  tookMs: number;
  warnings: string[];
}

/** Somebody signed in asked for what their role does not allow. */
export async function auditRefusal(call: AuditedCall, message: string): Promise<void> {
  await begin(call, {
    result: 'refused',
    count: 0,
    ms: 0,
    message: message.slice(0, MAX_MESSAGE),
    finishedAt: new Date(),
  });
}

export interface AuditQuery {
  /** Rows older than this id. */
  cursor?: number;
  limit: number;
  action?: string;
  userId?: number;
  result?: AuditRow['result'];
}

/** Newest first. `username` is null when the account is gone. */
export async function auditPage({ cursor, limit, action, userId, result }: AuditQuery) {
  const rows = await getDb()
    .select({ row: audit, username: users.username })
    .from(audit)
    .leftJoin(users, eq(users.id, audit.userId))
    .where(
      and(
        cursor === undefined ? undefined : lt(audit.id, cursor),
        action === undefined ? undefined : eq(audit.action, action),
        userId === undefined ? undefined : eq(audit.userId, userId),
        result === undefined ? undefined : eq(audit.result, result),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit + 1);
  const items = rows.slice(0, limit).map(({ row, username }) => ({ ...row, username }));
  return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

export interface AuditChoices {
  actions: string[];
  /** `username` is null when the account is gone. */
  people: { id: number; username: string | null }[];
}

/** What there is to filter by: the actions and the people that the audit knows. */
export async function auditChoices(): Promise<AuditChoices> {
  const known = getDb().selectDistinct({ id: audit.userId }).from(audit).as('known');
  const [actions, people] = await Promise.all([
    getDb().selectDistinct({ action: audit.action }).from(audit).orderBy(asc(audit.action)),
    getDb()
      .select({ id: known.id, username: users.username })
      .from(known)
      .leftJoin(users, eq(users.id, known.id))
      .orderBy(asc(known.id)),
  ]);
  return { actions: actions.map(({ action }) => action), people };
}

async function begin(
  call: AuditedCall,
  outcome: Pick<AuditRow, 'result'> & Partial<AuditRow>,
): Promise<number> {
  const [id] = await write((tx) =>
    tx.insert(audit, {
      userId: call.user.id,
      role: call.user.role,
      source: call.source,
      action: call.action.slice(0, 40),
      input: bounded(call.input),
      previewCount: call.previewCount ?? null,
      requestId: call.requestId.slice(0, 64),
      ...outcome,
    }),
  );
  if (id === undefined) throw new Error('The audit row has no id');
  return id;
}

/** The act is done whatever happens here: a failure is told as a warning. */
async function finish(id: number, outcome: Partial<AuditRow>): Promise<string[]> {
  try {
    await write((tx) => tx.update(audit, { ...outcome, finishedAt: new Date() }, eq(audit.id, id)));
    return [];
  } catch (error) {
    return [`Audit row ${id} stays "running", its end could not be written: ${messageOf(error)}`];
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE);
}

/** An input that was refused may be anything; a page of it is enough. */
function bounded(input: unknown): unknown {
  const text = JSON.stringify(input ?? null);
  return text.length <= MAX_INPUT_CHARS ? (input ?? null) : { cut: text.slice(0, MAX_INPUT_CHARS) };
}
