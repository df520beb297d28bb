import type { Context } from 'hono';
import { routePath } from 'hono/route';
import { createMiddleware } from 'hono/factory';
import type { Operation } from '../auth/operations.js';
import { BrinkError, toBrinkError } from '../errors/brink-error.js';
import type { ErrorCode } from '../errors/error-codes.js';
import { headers } from '../protocol/headers.js';
import type { CallReport } from '../serve/call.js';
import type { Clock, Random } from '../time/clock.js';
import { causeRow } from './cause-row.js';
import { errorResponse } from './responses.js';
import { type Trace, traceOf } from './trace.js';

/** What every request carries through the app. */
export interface RequestVariables {
  trace: Trace;
  report: CallReport;
  /** The name of the key that the caller presented; undefined for an open data plane. */
  caller: string | undefined;
  /** Whether that key is an operator's. */
  isOperator: boolean;
  startedAt: number;
  bytesIn: number;
  /** What the route does; undefined for no route of the data plane. */
  operation: Operation | undefined;
  /** As the path names it. */
  model: string | undefined;
}

/** A request that is over. */
export interface RequestEnded {
  readonly operation: Operation | 'unknown';
  readonly model: string | undefined;
  readonly status: number;
  readonly code: ErrorCode | undefined;
  readonly startedAt: number;
  readonly ms: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly trace: Trace;
  readonly report: CallReport;
}

export type LogRow = (row: Readonly<Record<string, unknown>>) => void;

export interface ScopeOptions {
  readonly tier: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogRow;
  /** Milliseconds that only go forward, with fractions, where there is such a clock. */
  readonly ticks?: () => number;
  /** For metrics and traces. */
  readonly onEnd?: (ended: RequestEnded) => void;
}

/** Opens a request's scope and writes its one log row when it ends, however it ends. No inputs are ever in it. */
export function requestScope(options: ScopeOptions) {
  return createMiddleware<{ Variables: RequestVariables }>(async (context, next) => {
    const trace = traceOf(
      context.req.header(headers.requestId),
      context.req.header(headers.traceparent),
      options.random,
    );
    context.set('trace', trace);
    context.set('report', {});
    context.set('isOperator', false);
    context.set('startedAt', options.clock.now());
    context.set('bytesIn', 0);
    const startedTicks = options.ticks?.() ?? 0;
    try {
      await next();
    } finally {
      finish(context, options);
      const ms =
        options.ticks === undefined ? options.clock.now() - context.get('startedAt') : options.ticks() - startedTicks;
      options.log(requestRow(context, options));
      options.onEnd?.(endedOf(context, ms));
    }
  });
}

/** The headers of every answer, of whatever kind: whose it is, how long it took, and the request's identity. */
function finish(context: Context<{ Variables: RequestVariables }>, { tier, clock }: ScopeOptions): void {
  const trace = context.get('trace');
  const out = context.res.headers;
  out.set(headers.requestId, trace.requestId);
  out.set(headers.traceparent, trace.traceparent);
  if (!out.has(headers.servedBy)) out.set(headers.servedBy, tier);
  if (!out.has('server-timing')) out.set('server-timing', `total;dur=${clock.now() - context.get('startedAt')}`);
}

function endedOf(context: Context<{ Variables: RequestVariables }>, ms: number): RequestEnded {
  // `context.var` copies all of them each time it is asked.
  const [operation, model, trace, report] = [
    context.get('operation'),
    context.get('model'),
    context.get('trace'),
    context.get('report'),
  ];
  const [startedAt, bytesIn] = [context.get('startedAt'), context.get('bytesIn')];
  const code = context.error === undefined ? undefined : toBrinkError(context.error).code;
  const bytesOut = Number(context.res.headers.get('content-length') ?? report.bytesOut ?? 0);
  const { status } = context.res;
  return { operation: operation ?? 'unknown', model, status, code, startedAt, ms, bytesIn, bytesOut, trace, report };
}

function requestRow(context: Context<{ Variables: RequestVariables }>, options: ScopeOptions): Record<string, unknown> {
  const [trace, report, startedAt] = [context.get('trace'), context.get('report'), context.get('startedAt')];
  const error = context.error instanceof BrinkError ? context.error : undefined;
  return {
    event: 'request',
    level: context.res.status >= 500 ? 'warn' : 'info',
    tier: options.tier,
    at: new Date(startedAt).toISOString(),
    requestId: trace.requestId,
    traceId: trace.traceId,
    method: context.req.method,
    route: routePath(context),
    status: context.res.status,
    code: error?.code ?? (context.error === undefined ? undefined : 'internal'),
    caller: context.get('caller'),
    model: context.res.headers.get(headers.model) ?? undefined,
    version: report.ref?.version,
    digest: report.ref?.digest,
    epoch: report.epoch,
    servedBy: report.servedBy,
    attempts: report.attempts,
    bytesIn: context.get('bytesIn'),
    ms: options.clock.now() - startedAt,
  };
}

/** The app's error handler: every thrown thing becomes `{error, code}`, what nobody expected goes to the log whole. */
export function onError(log: LogRow) {
  return <E extends { Variables: RequestVariables }>(thrown: Error, context: Context<E>): Response => {
    const error = toBrinkError(thrown);
    if (error.cause !== undefined) log(causeRow(error, { requestId: context.get('trace').requestId }));
    return errorResponse(error, context.get('report'));
  };
}
