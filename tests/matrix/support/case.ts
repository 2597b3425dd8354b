/** A line of the tables: an act, and every entry that it ends. */
import type { Shop } from '../../catalog/support/shop.ts';
import type { Person, World } from './world.ts';

export interface Case {
  does: string;
  path: string;
  by: Person | 'stranger';
  input?: (world: World) => object;
  /** Something that is done before the reads; answers the input. */
  before?: (world: World, shop: Shop) => Promise<object>;
  /** What follows the act by itself. */
  afterwards?: (world: World, answer: unknown) => Promise<unknown>;
  /**
   * Everything that is gone afterwards. Names in braces stand for the world's ids, `{a}` for the slug of `{A}`;
   * a star at the end for everything that begins so.
   */
  gone: readonly string[];
}

export const DASHBOARD = 'analytics:dashboard';
