/** What the post board is asked for, and what a post must be: a title over a link or a text. */
import { z } from 'zod';

const id = z.number().int().positive();
const limit = (usual: number) => z.number().int().min(1).max(100).default(usual);

const title = z
  .string()
  .transform((text) => text.normalize('NFC').replace(/\s+/g, ' ').trim())
  .pipe(z.string().min(1).max(200));
const url = z.url({ protocol: /^https?$/, error: 'expected an http or https address' }).max(2048);
const text = z
  .string()
  .transform((value) => value.trim())
  .pipe(z.string().min(1).max(20_000));

export const postInput = z
  .object({ title, url: url.nullish(), text: text.nullish() })
  .refine((post) => (post.url == null) !== (post.text == null), {
    path: ['url'],
    message: 'expected either a link in url or a text in text',
  });

/** A link stays a link and a text a text. */
export const postPatch = z.object({
  id,
  title: title.optional(),
  url: url.optional(),
  text: text.optional(),
});

export const postIdInput = z.object({ id });
export const listInput = z
  .object({ /** The id of the last post of the page before. */ cursor: id.nullish(), limit: limit(25) })
  .prefault({});
export const topInput = z.object({ limit: limit(10) }).prefault({});
export const byUserInput = z.object({ userId: id, limit: limit(25) });
export const followInput = z.object({ userId: id });

export type PostInput = z.output<typeof postInput>;
export type PostPatch = z.output<typeof postPatch>;
