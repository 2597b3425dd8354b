/** Cached reads of courses, by the names of the caching guides. */
import { courseKind } from './catalog-kinds.ts';
import { catalogReads } from './catalog-reads.ts';

export const courseReads = catalogReads(courseKind);

export const getCachedCourses = courseReads.all;
export const getCachedPublishedCourses = courseReads.published;
export const getCachedCourseById = (id: number) => courseReads.byId(id);
export const getCachedCourseBySlug = (slug: string) => courseReads.bySlug(slug);
export const getCachedCourseCount = () => courseReads.count();
