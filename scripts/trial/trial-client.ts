import { Agent, request } from 'node:http';
import { Readable } from 'node:stream';
import { BrinkError, fromFailure } from '../../shared/errors/brink-error.js';
import type { TrialFailure } from './trial-protocol.js';

export interface TrialAnswer {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Uint8Array;
}

export interface TrialCall {
  readonly path: string;
  readonly ask: object;
  readonly body?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  readonly bodyBytes?: number;
  readonly signal: AbortSignal;
}

/** One connection to a trial's isolate. Throws what the isolate failed with, `engine-failed` where its process has ended. */
export class TrialClient {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  async call(call: TrialCall): Promise<TrialAnswer> {
    const { status, ...answer } = await this.#send(call).catch((error: unknown) => {
      call.signal.throwIfAborted();
      throw new BrinkError('engine-failed', 'workerd ended while the graph was tried in it', { cause: String(error) });
    });
    if (status === 200) return answer;
    const { failure, cause } = failureOf(answer.bytes);
    const { message, code, retryAfterMs } = fromFailure(failure);
    throw new BrinkError(code, message, {
      ...(cause === null ? {} : { cause }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  #send({ path, ask, body, bodyBytes = 0, signal }: TrialCall): Promise<TrialAnswer & { readonly status: number }> {
    return new Promise((resolve, reject) => {
      const url = `${this.#url}${path}?ask=${encodeURIComponent(JSON.stringify(ask))}`;
      const headers = { 'content-length': String(bodyBytes) };
      const sending = request(url, { method: 'POST', agent: this.#agent, headers, signal }, (response) => {
        const chunks: Uint8Array[] = [];
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          if (response.complete) resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
          else reject(new Error('the answer ended half-way'));
        });
      });
      sending.on('error', reject);
      if (body === undefined) sending.end();
      else Readable.from(body).on('error', reject).pipe(sending);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** workerd itself answers in plain text when the isolate is gone. */
function failureOf(bytes: Uint8Array): TrialFailure {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text) as TrialFailure;
  } catch {
    const message = 'the isolate ended while the graph was tried in it';
    return { failure: { code: 'engine-failed', message }, cause: text.slice(0, 400) };
  }
}
