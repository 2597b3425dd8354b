/** The slices' cached reads by the names of the caching guides, for programs, scripts and the REPL. */
import { cache } from '../app-cache.ts';
import { jobById, jobResult, jobsByUser } from '../jobs/jobs-reads.ts';
import { tagOfUser, userByEmail, userById } from '../users/users-reads.ts';

export { warmCache } from '../warm.ts';
export * from './catalogDataAccess.ts';

/** The user, or null. Never the password's hash. */
export const getCachedUser = userById.get;
export const getCachedUserByEmail = userByEmail.get;

/** Ends the user's entries: by id, and by every e-mail address under which they are cached. */
export async function invalidateUserCache(id: number): Promise<void> {
  await cache.invalidate({ keys: [userById.key(id)], tags: [tagOfUser(id)] });
}

export const getCachedJob = jobById.get;

/** The user's newest jobs, newest first. */
export function getCachedJobsByUser(userId: number, limit = 50): ReturnType<typeof jobsByUser.get> {
  return jobsByUser.get({ userId, limit });
}

export async function invalidateJobCache(id: number): Promise<void> {
  await jobById.invalidate(id);
}

/** Ends the user's lists of jobs. Answers how many there were. */
export async function invalidateUserJobsCache(userId: number): Promise<number> {
  const { deleted } = await cache.clearPattern(`job:user:${Number(userId)}:*`);
  return deleted;
}

/** Null as long as the job is not completed. */
export const getCachedJobResult = jobResult.get;

export async function invalidateJobResultCache(jobId: number): Promise<void> {
  await jobResult.invalidate(jobId);
}

/** Ends everything cached of users. Answers how many entries there were. */
export async function invalidateAllUserCache(): Promise<number> {
  const { deleted } = await cache.clearNamespace('user');
  return deleted;
}

/** Ends everything cached of jobs: jobs, lists, results, rows. Answers how many entries there were. */
export async function invalidateAllJobCache(): Promise<number> {
  const { deleted } = await cache.clearNamespace('job');
  return deleted;
}
