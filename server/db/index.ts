/** The database: its client, the one way to write, and what writes make old. */
export { declareEntity } from './behind/entities.ts';
export { behind, behindBacklog, reportBehindErrors, startBehind, stopBehind } from './behind/process.ts';
export { byOwner } from './by-owner.ts';
export type { Transaction } from './changes.ts';
export { type Dependency, declaredDependencies, dependsOn } from './dependencies.ts';
export { CommitUnknownError, isDatabaseAway, isDeadlock, isDuplicateKey } from './errors.ts';
export { fingerprintOf } from './fingerprint.ts';
export { TRIGGERS_POLL_MS, watchForeignWrites } from './foreign/foreign-writes.ts';
export { migrateDb, migrationsFolder } from './migrate.ts';
export { flushOutbox, isDrained, outboxBacklog, type Relay, startRelay } from './outbox.ts';
export { beginVisit, demandNow, during, type Visit } from './own-writes.ts';
export { closeDb, poolState } from './pool.ts';
export { getDb } from './reader.ts';
export { insideTransaction } from './scope.ts';
export { lastMigration, serverStatus } from './status.ts';
export { unpadded } from './unpadded.ts';
export { type Invalidator, setInvalidator, type WriteTx, write } from './write.ts';
