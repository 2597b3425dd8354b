/** The warm-up's door: what is warmed stands in warm/categories.ts, who does it in warm/warm-up.ts, when in warm/schedule.ts. */
import { WARM_CATEGORIES, type WarmResult, warmCategories } from './warm/categories.ts';

export { warmCategories } from './warm/categories.ts';
export { startWarming, warmAtStart } from './warm/schedule.ts';
export { lastWarmUp, onWarmUp, type WarmUp, warmUp } from './warm/warm-up.ts';

/** Warms all categories in this process, whatever the others do. Never throws: the answer says which failed, and why. */
export function warmCache(): Promise<WarmResult> {
  return warmCategories(WARM_CATEGORIES);
}
