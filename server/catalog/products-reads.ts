/** Cached reads of products: those of every kind, and lists by type and by category. */
import { and, asc, count, eq } from 'drizzle-orm';
import { type PRODUCT_TYPES, products } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import { dependsOn, fingerprintOf, getDb } from '../db/index.ts';
import { isVisible } from './catalog-dependencies.ts';
import { productKind } from './catalog-kinds.ts';
import { visibleTo } from './catalog-pages.ts';
import { catalogReads, loadIds } from './catalog-reads.ts';

export type ProductType = (typeof PRODUCT_TYPES)[number];

export interface CategoryCount {
  category: string;
  products: number;
}

export const productReads = catalogReads(productKind);

const onSale = visibleTo('public', products);

/** Ids of published products of one type, newest first. Types are an enum: none can be called `all` or `published`. */
export const productIdsByType = cachedRead<ProductType, number[]>({
  namespace: 'products',
  key: (type) => ['list', type],
  ttl: CACHE_CONFIG.products.ttl,
  version: fingerprintOf(products),
  load: (type) => loadIds(products, and(onSale, eq(products.type, type))),
});

const tagOfCategory = (category: string): string => `category:${category}`;

/** Ids of published products of one category, newest first. */
export const productIdsByCategory = cachedRead<string, number[]>({
  namespace: 'products',
  key: (category) => ['category', category],
  ttl: CACHE_CONFIG.productCategories.ttl,
  version: fingerprintOf(products),
  tags: (category) => [tagOfCategory(category)],
  load: (category) => loadIds(products, and(onSale, eq(products.category, category))),
});

/** The categories that hold published products, by name, with their number. */
export const productCategories = cachedRead<void, CategoryCount[]>({
  namespace: 'products',
  key: () => 'categories',
  ttl: CACHE_CONFIG.productCategories.ttl,
  version: fingerprintOf(products),
  load: () =>
    getDb()
      .select({ category: products.category, products: count() })
      .from(products)
      .where(onSale)
      .groupBy(products.category)
      .orderBy(asc(products.category)),
});

dependsOn(products, {
  read: 'productIdsByType',
  namespace: 'products',
  by: ['type', 'published', 'deletedAt'],
  shows: ['id'],
  names: (row) => (isVisible(row, 'public') ? { keys: [productIdsByType.key(row.type)] } : {}),
});
dependsOn(products, {
  read: 'productIdsByCategory, productCategories',
  namespace: 'products',
  by: ['category', 'published', 'deletedAt'],
  shows: ['id'],
  names: (row) =>
    isVisible(row, 'public') ? { keys: [productCategories.key()], tags: [tagOfCategory(row.category)] } : {},
});

export const getCachedProducts = productReads.all;
export const getCachedPublishedProducts = productReads.published;
export const getCachedProductById = (id: number) => productReads.byId(id);
export const getCachedProductBySlug = (slug: string) => productReads.bySlug(slug);
export const getCachedProductCount = () => productReads.count();
export const getCachedProductsByType = async (type: ProductType) =>
  productReads.items(await productIdsByType.get(type));
export const getCachedProductsByCategory = async (category: string) =>
  productReads.items(await productIdsByCategory.get(category));
