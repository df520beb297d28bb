import { z } from 'zod';
import { RemoteError, UnreachableError } from './remote-error.js';

export interface HttpClientOptions {
  /** Where the edge is, without a path. */
  readonly url: string;
  readonly token?: string | undefined;
  /** `user@host`, for the audit. */
  readonly actor?: string | undefined;
  /** The deadline of each call. */
  readonly timeoutMs?: number | undefined;
  /** Ends every call when the operator leaves. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: Uint8Array | string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** For calls that take longer than others: the deadline is at least this. */
  readonly atLeastMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export const callTimeoutMsDefault = 30_000;

const failureSchema = z.object({ error: z.string(), code: z.string() });

/** One HTTP call with a deadline. Every failure is a RemoteError (it answered) or an UnreachableError (it did not). */
export class HttpClient {
  readonly url: string;
  readonly #options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.url = options.url.replace(/\/+$/, '');
  }

  /** What says to the server who calls; for requests that go another way than through this client. */
  get authorization(): Readonly<Record<string, string>> {
    const { token } = this.#options;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** The answer if its status is 2xx or one of `also`; else the server's failure thrown. */
  async call(call: HttpCall, also: readonly number[] = []): Promise<HttpAnswer> {
    const answer = await this.#send(call);
    if ((answer.status >= 200 && answer.status < 300) || also.includes(answer.status)) return answer;
    throw failureOf(answer);
  }

  async json<T>(call: HttpCall, schema: z.ZodType<T>): Promise<T> {
    const { status, text } = await this.call(call);
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new RemoteError(
      status,
      'unexpected-answer',
      `expected the answer of Brink's admin API, got something else: is ${this.url} a Brink edge of this version?`,
    );
  }

  async #send(call: HttpCall): Promise<HttpAnswer> {
    const { actor, signal } = this.#options;
    const timeoutMs = Math.max(this.#options.timeoutMs ?? callTimeoutMsDefault, call.atLeastMs ?? 0);
    const late = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(`${this.url}${call.path}`, {
        method: call.method,
        headers: {
          ...this.authorization,
          ...(actor === undefined ? {} : { 'x-brink-actor': actor }),
          ...call.headers,
        },
        ...(call.body === undefined ? {} : { body: call.body as Uint8Array<ArrayBuffer> | string }),
        redirect: 'error', // a redirect would carry the token elsewhere
        signal: signal === undefined ? late : AbortSignal.any([late, signal]),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (late.aborted) throw new UnreachableError(`no answer from ${this.url} within ${timeoutMs} ms`);
      throw new UnreachableError(`cannot reach ${this.url}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

function failureOf({ status, text }: HttpAnswer): RemoteError {
  const failure = failureSchema.safeParse(parseJson(text));
  if (failure.success) return new RemoteError(status, failure.data.code, failure.data.error);
  return new RemoteError(status, 'unexpected-answer', `the server answered ${status} without saying why`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** fetch says only "fetch failed": the reason is in the causes. */
function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (!(reason instanceof Error)) return String(reason);
  const { code } = reason as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'nothing listens there (is it started?)';
  if (code === 'ENOTFOUND') return 'there is no such host';
  return reason.message || (code ?? reason.name);
}
