/** Every table of the database, by the slice that owns it. */

export * from './tables/activity.ts';
export * from './tables/behind.ts';
export * from './tables/catalog.ts';
export * from './tables/community.ts';
export * from './tables/jobs.ts';
export * from './tables/library.ts';
export * from './tables/monitoring.ts';
export * from './tables/outbox.ts';
export * from './tables/users.ts';
