import { Client, type Dispatcher } from 'undici';
import type { HttpTarget, LoadBody } from '../load-plan.js';
import type { AnswerChecker } from './answer-checker.js';
import { type LoadConnection, type Outcome, timedOut } from './load-connection.js';

/** Longer than any pause of a run: a connection stays until the server closes it. */
const keepAliveMs = 600_000;

/**
 * One HTTP/1.1 connection. It is the handler of its own requests: no promise, stream or parsed header object per
 * request, and the answer's bytes are kept only when they are to be compared.
 */
export class HttpConnection implements LoadConnection, Dispatcher.DispatchHandlers {
  readonly #client: Client;
  readonly #target: HttpTarget;
  readonly #checker: AnswerChecker;
  readonly #headers = new Map<LoadBody, string[]>();
  #body: LoadBody | undefined;
  #settle: ((outcome: Outcome) => void) | undefined;
  #abort: (() => void) | undefined;
  #expired = false;
  #status = 0;
  #servedBy = '?';
  #hasRetryAfter = false;
  #lengthBytes = 0;
  #kept: Buffer[] | undefined;

  constructor(target: HttpTarget, checker: AnswerChecker, timeoutMs: number) {
    this.#target = target;
    this.#checker = checker;
    this.#client = new Client(target.url, {
      pipelining: 1,
      // The run has a timeout of its own, from sending to the last byte.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: timeoutMs },
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
  }

  send(body: LoadBody, settle: (outcome: Outcome) => void): void {
    this.#body = body;
    this.#settle = settle;
    this.#expired = false;
    const { method, path } = this.#target;
    const bytes = method === 'GET' ? null : body.bytes;
    this.#client.dispatch({ method, path, headers: this.#headersOf(body), body: bytes }, this);
  }

  expire(): void {
    this.#expired = true;
    this.#abort?.();
  }

  close(): void {
    this.#client.destroy().catch(() => undefined); // it is gone either way
  }

  onConnect(abort: () => void): void {
    this.#abort = abort;
    if (this.#expired) abort();
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    this.#status = status;
    this.#lengthBytes = 0;
    this.#hasRetryAfter = false;
    this.#kept = status === 200 && this.#body !== undefined && this.#checker.wants(this.#body) ? [] : undefined;
    this.#readHeaders(headers);
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.#lengthBytes += chunk.byteLength;
    this.#kept?.push(chunk);
    return true;
  }

  onComplete(): void {
    this.#end(this.#outcome());
  }

  onError(error: Error): void {
    const { code } = error as NodeJS.ErrnoException;
    this.#end(this.#expired ? timedOut : { verdict: 'failed', kind: code ?? error.name });
  }

  #end(outcome: Outcome): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#abort = undefined;
    this.#kept = undefined;
    settle?.(outcome);
  }

  #outcome(): Outcome {
    const status = this.#status;
    const kind = String(status);
    if (status === 429 || status === 503) return { verdict: 'refused', kind, hasRetryAfter: this.#hasRetryAfter };
    if (status < 200 || status > 299 || this.#body === undefined) return { verdict: 'failed', kind };
    const kept = this.#kept === undefined ? undefined : Buffer.concat(this.#kept);
    const fault = this.#checker.faultOf(this.#body, this.#lengthBytes, kept);
    if (fault !== undefined) return { verdict: 'wrong', kind: fault };
    return { verdict: 'answered', kind, servedBy: this.#servedBy };
  }

  /** Names and values in turn. Lengths tell most names apart, so that hardly any is made a string of. */
  #readHeaders(headers: Buffer[]): void {
    let tier = '?';
    let version = '';
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const name = headers[at];
      const length = name?.length;
      if (length !== 15 && length !== 17 && length !== 11) continue;
      const value = headers[at + 1]?.toString('latin1') ?? '';
      const lower = name?.toString('latin1').toLowerCase();
      if (lower === 'x-brink-served-by') tier = value;
      else if (lower === 'x-brink-version') version = ` ${value}`;
      else if (lower === 'retry-after') this.#hasRetryAfter = true;
    }
    this.#servedBy = tier + version;
  }

  #headersOf(body: LoadBody): string[] {
    let flat = this.#headers.get(body);
    if (flat === undefined) {
      flat = Object.entries({ ...this.#target.headers, ...body.headers }).flat();
      this.#headers.set(body, flat);
    }
    return flat;
  }
}
