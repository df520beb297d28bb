import type { BrinkError } from '../errors/brink-error.js';

const causeLengthMax = 2_000;

/** The log row of what is behind an error: the only place where internal text goes. */
export function causeRow(error: BrinkError, context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    event: 'cause',
    level: error.code === 'internal' ? 'error' : 'warn',
    code: error.code,
    ...context,
    cause: causeText(error.cause).slice(0, causeLengthMax),
  };
}

/** A cause as text, with its stack where it has one. */
export function causeText(cause: unknown): string {
  if (cause instanceof Error) return cause.stack ?? cause.message;
  return typeof cause === 'string' ? cause : JSON.stringify(cause);
}
