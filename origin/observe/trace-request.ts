import type { ErrorCode } from '../../shared/errors/error-codes.js';
import type { Trace } from '../../shared/http/trace.js';
import type { CallReport, RunTimes } from '../../shared/serve/call.js';
import type { RequestProtocol } from './request-series.js';
import type { ChildSpan, SpanAttributes, Tracing } from './tracing.js';

/** A request that is over, as its protocol's scope knows it. */
export interface EndedRequest {
  readonly protocol: RequestProtocol;
  readonly operation: string;
  readonly model: string | undefined;
  readonly trace: Trace;
  readonly report: CallReport;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly ms: number;
  readonly code: ErrorCode | undefined;
}

/** A span of the request, with its time in the queue and in the model as its parts. */
export function traceRequest(tracing: Tracing, request: EndedRequest): void {
  const { trace, report, startedAt, ms, code } = request;
  const identity = { traceparent: trace.traceparent, ...(trace.parent === undefined ? {} : { parent: trace.parent }) };
  if (!tracing.records(identity)) return;
  tracing.request({
    ...identity,
    name: request.operation,
    startMs: startedAt,
    endMs: startedAt + ms,
    status: code ?? 'ok',
    attributes: attributesOf(request),
    children: report.run === undefined ? [] : childrenOf(report.run, startedAt + ms),
  });
}

function attributesOf({ protocol, model, trace, report }: EndedRequest): SpanAttributes {
  return {
    'rpc.system': protocol,
    'brink.request_id': trace.requestId,
    ...(model === undefined ? {} : { 'brink.model': model }),
    ...(report.ref === undefined ? {} : { 'brink.version': report.ref.version, 'brink.digest': report.ref.digest }),
    ...(report.epoch === undefined ? {} : { 'brink.epoch': report.epoch }),
    ...(report.run === undefined ? {} : { 'brink.runs': report.run.runs }),
  };
}

/** One after the other, ending with the last run: what came after it was encoding. */
function childrenOf({ endedAt, queueMs, inputMs, inferMs, outputMs }: RunTimes, latest: number): ChildSpan[] {
  const endMs = Math.min(endedAt, latest);
  const computeMs = inputMs + inferMs + outputMs;
  return [
    { name: 'queue', startMs: endMs - computeMs - queueMs, endMs: endMs - computeMs },
    { name: 'compute', startMs: endMs - computeMs, endMs, attributes: { 'brink.infer_ms': inferMs } },
  ];
}
