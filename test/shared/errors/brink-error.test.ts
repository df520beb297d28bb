import { describe, expect, it } from 'vitest';
import {
  BrinkError,
  fromFailure,
  outcomeOf,
  toBrinkError,
  toFailure,
  unwrap,
} from '../../../shared/errors/brink-error.js';
import { isErrorCode, statusOfCode } from '../../../shared/errors/error-codes.js';

describe('an error', () => {
  it('has the status of its code, and crosses a boundary as data without its cause', () => {
    const error = new BrinkError('queue-full', 'expected 1, got 2', {
      cause: new Error('/secret/path'),
      retryAfterMs: 500,
    });
    expect(error.status).toBe(503);
    const failure = toFailure(error);
    expect(failure).toEqual({ code: 'queue-full', message: 'expected 1, got 2', retryAfterMs: 500 });
    const received = fromFailure(failure);
    expect(toFailure(received)).toEqual(failure);
    expect(received.cause).toBeUndefined();
  });

  it('that nobody expected becomes `internal`, with nothing of it in the message', () => {
    const error = toBrinkError(new TypeError('cannot read /etc/passwd'));
    expect([error.code, error.status, error.message.includes('/etc')]).toEqual(['internal', 500, false]);
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('with a code that this build does not know is `internal`', () => {
    expect(fromFailure({ code: 'from-the-future' as never, message: 'x' }).code).toBe('internal');
    expect(isErrorCode('toString')).toBe(false);
  });

  it('has a 4xx or 5xx status for every code', () => {
    for (const status of Object.values(statusOfCode)) expect(status).toSatisfy((s: number) => s >= 400 && s < 600);
  });
});

describe('an outcome', () => {
  it('is the value or the failure of the work; causes go to the listener', async () => {
    const causes: unknown[] = [];
    const note = (cause: unknown): number => causes.push(cause);
    expect(unwrap(await outcomeOf(() => Promise.resolve(5), note))).toBe(5);
    const refused = await outcomeOf(() => Promise.reject(new BrinkError('bad-name', 'no')), note);
    expect(() => unwrap(refused)).toThrow(expect.objectContaining({ code: 'bad-name' }) as Error);
    expect(causes).toEqual([]);
    await outcomeOf(() => Promise.reject(new BrinkError('internal', 'no', { cause: 'why' })), note);
    await outcomeOf(() => Promise.reject(new Error('raw')), note);
    expect(causes).toEqual(['why', new Error('raw')]);
  });
});
