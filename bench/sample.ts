/** What is cached here: a row of a user as the database driver gives it, ten fields of which two are Dates. */

export interface User {
  id: number;
  username: string;
  email: string;
  name: string;
  role: string;
  isActive: boolean;
  loginCount: number;
  country: string | null;
  createdAt: Date;
  updatedAt: Date;
}

const BEGINNING = Date.UTC(2026, 0, 1);

export function userOf(id: number): User {
  return {
    id,
    username: `member-${id}`,
    email: `member-${id}@example.org`,
    name: `Ada Lovelace the ${id}th`,
    role: 'member',
    isActive: true,
    loginCount: id % 100,
    country: null,
    createdAt: new Date(BEGINNING + id * 1000),
    updatedAt: new Date(BEGINNING + id * 2000),
  };
}

/** JSON loses Dates; a program that needs them back revives the fields that it knows. */
export function parseUser(text: string): User {
  const user = JSON.parse(text) as User;
  user.createdAt = new Date(user.createdAt);
  user.updatedAt = new Date(user.updatedAt);
  return user;
}
