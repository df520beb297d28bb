import { Metadata, status } from '@grpc/grpc-js';
import { authorize, refusalError } from '../../shared/auth/authorize.js';
import { bearerToken } from '../../shared/auth/keys.js';
import type { Operation } from '../../shared/auth/operations.js';
import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import { timeoutMs } from '../../shared/http/call-headers.js';
import { causeRow } from '../../shared/http/cause-row.js';
import { type Trace, traceOf } from '../../shared/http/trace.js';
import { headers } from '../../shared/protocol/headers.js';
import type { Limits } from '../../shared/protocol/limits.js';
import type { CallReport } from '../../shared/serve/call.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { RequestProtocol } from '../observe/request-series.js';
import type { GrpcParts } from './grpc-parts.js';
import { setReport, statusNameOf } from './grpc-status.js';

/** The parts of a call of grpc-js that a request is made of, alike for unary calls and streams. */
export interface IncomingCall {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
  getPeer(): string;
}

export interface ScopeOf {
  readonly call: IncomingCall;
  readonly protocol: RequestProtocol;
  readonly method: string;
  readonly operation: Operation | 'unknown';
  /** Instead of the one that the metadata name. */
  readonly requestId?: string;
}

/** What one request carries from its arrival to its row in the log. */
export class CallScope {
  readonly parts: GrpcParts;
  readonly trace: Trace;
  readonly startedAt: number;
  readonly report: CallReport = {};
  readonly #of: ScopeOf;
  #caller: string | undefined;
  isOperator = false;
  model: string | undefined;
  bytesIn = 0;

  constructor(parts: GrpcParts, of: ScopeOf) {
    this.parts = parts;
    this.#of = of;
    this.startedAt = parts.clock.now();
    const requestId = of.requestId ?? this.header(headers.requestId);
    this.trace = traceOf(requestId, this.header(headers.traceparent), parts.random);
  }

  /** A metadata key of text, read as REST reads a header. */
  header(name: string): string | undefined {
    const [value] = this.#of.call.metadata.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** The caller's address without its port. */
  get client(): string {
    return this.#of.call.getPeer().replace(/:\d+$/, '');
  }

  /** Throws what the table of operations refuses this caller. */
  async authorize(operation: Operation): Promise<void> {
    const verdict = await authorize(operation, bearerToken(this.header('authorization')), this.parts.rings());
    if (verdict.kind !== 'allowed') throw refusalError(verdict.kind, operation);
    this.#caller = verdict.caller;
    this.isOperator = verdict.isOperator;
    if (verdict.isOperator || this.header(headers.serveOn) === undefined) return;
    throw new BrinkError('operators-only', `${headers.serveOn} is for operators: it needs an admin token as bearer`);
  }

  /** The shorter of the call's own deadline and `x-brink-timeout-ms`; without either, the longest there is. */
  deadline(limits: Limits): { deadline: Deadline; given: boolean } {
    const { clock } = this.parts;
    const header = timeoutMs((name) => this.header(name), limits);
    const own = Number(this.#of.call.getDeadline()) - this.startedAt;
    const budgetMs = Math.max(0, Math.min(own, header ?? Infinity, limits.timeoutMsMax));
    return {
      deadline: new Deadline(clock, budgetMs, this.startedAt),
      given: header !== undefined || Number.isFinite(own),
    };
  }

  /** What comes after the answer, or with its failure. */
  trailers(): Metadata {
    const trailers = new Metadata();
    trailers.set(headers.requestId, this.trace.requestId);
    trailers.set(headers.traceparent, this.trace.traceparent);
    if (this.model !== undefined) trailers.set(headers.model, this.model);
    setReport(trailers, this.report);
    trailers.set('server-timing', `total;dur=${(this.parts.clock.now() - this.startedAt).toFixed(1)}`);
    return trailers;
  }

  /** A failure as a caller may see it; what is behind it goes to the log. */
  failure(thrown: unknown): BrinkError {
    const error = toBrinkError(thrown);
    if (error.cause !== undefined) this.parts.log(causeRow(error, { requestId: this.trace.requestId }));
    return error;
  }

  /** The one row of the request. No inputs are ever in it. */
  finish(error: BrinkError | undefined, bytesOut: number): void {
    const { log, observe, clock } = this.parts;
    const { protocol, method, operation } = this.#of;
    const { ref, epoch, servedBy, attempts } = this.report;
    const name = error === undefined ? 'OK' : statusNameOf(error);
    const ms = clock.now() - this.startedAt;
    log({
      event: 'request',
      level: (error?.status ?? 0) >= 500 ? 'warn' : 'info',
      tier: this.parts.tier.name,
      protocol,
      at: new Date(this.startedAt).toISOString(),
      requestId: this.trace.requestId,
      traceId: this.trace.traceId,
      method,
      status: name,
      grpcStatus: status[name],
      code: error?.code,
      caller: this.#caller,
      model: this.model,
      version: ref?.version,
      digest: ref?.digest,
      epoch,
      servedBy,
      attempts,
      bytesIn: this.bytesIn,
      ms,
    });
    const { model, trace, report, startedAt } = this;
    this.parts.trace?.({ protocol, operation, model, trace, report, startedAt, ms, code: error?.code });
    observe?.({
      protocol,
      operation,
      ...(this.model === undefined ? {} : { model: this.model }),
      status: name,
      ...(error === undefined ? {} : { code: error.code }),
      ms,
      bytesIn: this.bytesIn,
      bytesOut,
    });
  }
}
