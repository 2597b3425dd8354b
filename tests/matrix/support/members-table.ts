/** What the acts of members end, in libraries and on the post board, written by hand. */
import { type Case, DASHBOARD } from './case.ts';

const ofProduct = (id: string) => [`products:${id}`, `products:admin:${id}`];
const ofEvent = (id: string) => [`events:${id}`, `events:admin:${id}`];

export const MEMBERS_TABLE: readonly Case[] = [
  {
    does: 'an enrolment',
    path: 'library.enroll',
    by: 'other',
    input: ({ A }) => ({ courseId: A.id }),
    gone: ['user:{other}:activity', 'user:{other}:enrollments', DASHBOARD],
  },
  {
    does: 'a cancelled enrolment',
    path: 'library.cancel',
    by: 'actor',
    input: ({ enrollment }) => ({ kind: 'enrollment', id: enrollment }),
    gone: ['user:{actor}:activity', 'user:{actor}:enrollments', DASHBOARD],
  },
  {
    does: 'a purchase of what is counted',
    path: 'library.purchase',
    by: 'other',
    input: ({ P }) => ({ productId: P.id }),
    gone: ['user:{other}:activity', ...ofProduct('{P}'), 'user:{other}:purchases', DASHBOARD],
  },
  {
    does: 'a purchase of what is without limit',
    path: 'library.purchase',
    by: 'other',
    input: ({ Q }) => ({ productId: Q.id }),
    gone: ['user:{other}:activity', 'user:{other}:purchases', DASHBOARD],
  },
  {
    does: 'a purchase that is refused',
    path: 'library.purchase',
    by: 'actor',
    input: ({ P }) => ({ productId: P.id }),
    gone: [],
  },
  {
    does: 'a cancelled purchase',
    path: 'library.cancel',
    by: 'actor',
    input: ({ purchase }) => ({ kind: 'purchase', id: purchase }),
    gone: ['user:{actor}:activity', ...ofProduct('{P}'), 'user:{actor}:purchases', DASHBOARD],
  },
  {
    does: 'a booking',
    path: 'library.book',
    by: 'other',
    input: ({ E }) => ({ eventId: E.id }),
    gone: ['user:{other}:activity', ...ofEvent('{E}'), 'user:{other}:bookings', DASHBOARD],
  },
  {
    does: 'a cancelled booking',
    path: 'library.cancel',
    by: 'actor',
    input: ({ booking }) => ({ kind: 'booking', id: booking }),
    gone: ['user:{actor}:activity', ...ofEvent('{E}'), 'user:{actor}:bookings', DASHBOARD],
  },
  {
    does: 'a new post',
    path: 'posts.create',
    by: 'actor',
    input: () => ({ title: 'New', text: 'New' }),
    gone: [
      'user:{actor}:activity',
      'posts:all',
      'posts:user:{actor}',
      'posts:top:10',
      'feed:{other}',
      DASHBOARD,
    ],
  },
  {
    does: 'an edit of a post',
    path: 'posts.update',
    by: 'actor',
    input: ({ X }) => ({ id: X, title: 'Edited' }),
    // The post's own entry is ended, and filled again by the answer to the edit.
    gone: [],
  },
  {
    does: 'removing a post',
    path: 'posts.remove',
    by: 'actor',
    input: ({ X }) => ({ id: X }),
    gone: [
      'posts:{X}',
      'posts:all',
      'posts:user:{actor}',
      'posts:top:10',
      'feed:{other}',
      'user:{other}:upvotes',
      DASHBOARD,
    ],
  },
  {
    does: 'a vote',
    path: 'posts.upvote',
    by: 'actor',
    input: ({ Y }) => ({ id: Y }),
    gone: ['user:{actor}:activity', 'posts:{Y}', 'posts:top:10', 'user:{actor}:upvotes', DASHBOARD],
  },
  {
    does: 'a vote for the second time',
    path: 'posts.upvote',
    by: 'other',
    input: ({ X }) => ({ id: X }),
    gone: ['user:{other}:activity'],
  },
  {
    does: 'a vote taken back',
    path: 'posts.unvote',
    by: 'other',
    input: ({ X }) => ({ id: X }),
    gone: ['posts:{X}', 'posts:top:10', 'user:{other}:upvotes', DASHBOARD],
  },
  {
    does: 'leaving somebody',
    path: 'follows.unfollow',
    by: 'actor',
    input: ({ people }) => ({ userId: people.other.id }),
    gone: ['feed:{actor}', 'user:{actor}:following', 'user:{other}:followers'],
  },
  {
    does: 'following somebody',
    path: 'follows.follow',
    by: 'admin',
    input: ({ people }) => ({ userId: people.other.id }),
    gone: ['feed:{admin}', 'user:{admin}:following', 'user:{other}:followers'],
  },
  {
    does: 'following for the second time',
    path: 'follows.follow',
    by: 'actor',
    input: ({ people }) => ({ userId: people.other.id }),
    gone: [],
  },
];
