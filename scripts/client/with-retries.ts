import { setTimeout as wait } from 'node:timers/promises';
import { RemoteError, UnreachableError } from './remote-error.js';

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** The first try is one of them. */
export const triesMax = 5;
const firstWaitMs = 500;

const passing: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the same once more may go well: the connection broke, or the server could not just then. */
export const mayPass = (error: unknown): boolean =>
  error instanceof UnreachableError || (error instanceof RemoteError && passing.has(error.status));

/** For what may be done twice. Each wait is twice as long as the one before; the last failure is thrown. */
export async function withRetries<T>(
  work: () => Promise<T>,
  { signal, wait: pause = waiting }: RetryOptions = {},
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries >= triesMax || !mayPass(error)) throw error;
      await pause(firstWaitMs * 2 ** (tries - 1), signal);
    }
  }
}

const waiting = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  await wait(ms, undefined, signal === undefined ? {} : { signal });
};
