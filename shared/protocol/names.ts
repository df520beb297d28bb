import { z } from 'zod';
import { BrinkError } from '../errors/brink-error.js';

/** Names of models, versions, graphs and files: no separators, no dots at the start, nothing that needs escaping. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const hasDots = (name: string): boolean => name.includes('..');

export const nameSchema = z
  .string()
  .regex(namePattern, 'expected 1 to 64 of A-Z a-z 0-9 . _ - starting with a letter or digit')
  .refine((name) => !hasDots(name), 'expected no ".." in a name');

/** `name` if it is one, else `bad-name`. `what` says of which thing it is the name. */
export function checkName(what: string, name: string): string {
  if (namePattern.test(name) && !hasDots(name)) return name; // as nameSchema, without its cost on every request
  throw new BrinkError(
    'bad-name',
    `expected a ${what} name of 1 to 64 of A-Z a-z 0-9 . _ - starting with a letter or digit and without "..", got one of ${name.length} characters that is not`,
  );
}
