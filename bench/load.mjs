/** Loads a library of this package, whose folder of modules is beside this file. */
export const load = (name) => import(name);
