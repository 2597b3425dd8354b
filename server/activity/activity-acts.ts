/** Which calls are acts that a member may want to look back on, and how the log calls them. */
type Subject = (input: Record<string, unknown>) => string;

const ACTS: Record<string, { action: string; subject: Subject }> = {
  'library.enroll': { action: 'enrol', subject: ({ courseId }) => `course ${courseId}` },
  'library.purchase': { action: 'purchase', subject: ({ productId }) => `product ${productId}` },
  'library.book': { action: 'book', subject: ({ eventId }) => `event ${eventId}` },
  'library.cancel': { action: 'cancel', subject: ({ kind, id }) => `${kind} ${id}` },
  'posts.create': { action: 'post', subject: ({ title }) => String(title).slice(0, 64) },
  'posts.upvote': { action: 'upvote', subject: ({ id }) => `post ${id}` },
  'jobs.submit': { action: 'job', subject: ({ fileName }) => String(fileName).slice(0, 64) },
};

export function actOf(path: string, input: unknown): { action: string; subject: string } | undefined {
  const act = ACTS[path];
  if (!act || typeof input !== 'object' || input === null) return undefined;
  return { action: act.action, subject: act.subject(input as Record<string, unknown>) };
}
