/** What can become of an act; in a file of its own, because the routes know it and the console's pages load later. */
import type { Outputs } from '../data/session.ts';

export type AuditRow = Outputs['monitoring']['auditLog']['items'][number];
export type AuditResult = AuditRow['result'];

export const AUDIT_RESULTS = ['ok', 'failed', 'refused', 'running'] as const satisfies AuditResult[];
