import { type ErrorCode } from '../../shared/errors/error-codes.js';
import type { Log } from '../engine/log.js';
import { loadOpenTelemetry } from './open-telemetry.js';
import { OtlpTracing } from './otlp-tracing.js';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A part of a request's time. Milliseconds since the Unix epoch, with fractions. */
export interface ChildSpan {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: SpanAttributes;
}

/** One request, traced when it is over. Attributes never hold an input. */
export interface TracedRequest {
  /** The identity of this request's own span: what the call carries on to the next hop. */
  readonly traceparent: string;
  /** As the caller sent it: its span is the parent, and its flag says whether the trace is recorded. */
  readonly parent?: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: 'ok' | ErrorCode;
  readonly attributes: SpanAttributes;
  readonly children: readonly ChildSpan[];
}

export interface Tracing {
  /** Whether the trace of such a request is recorded: what it would be told can be left unmade otherwise. */
  records(request: Pick<TracedRequest, 'traceparent' | 'parent'>): boolean;
  /** Never throws, never waits. What the exporter cannot take in time is dropped. */
  request(request: TracedRequest): void;
  /** Sends what is left, for a bounded time. Never rejects. */
  shutdown(): Promise<void>;
}

export interface TracingOptions {
  /** The collector, as `OTEL_EXPORTER_OTLP_ENDPOINT` names it (`/v1/traces` is added); undefined: no tracing. */
  readonly endpoint: URL | undefined;
  readonly serviceName: string;
  readonly serviceVersion?: string;
  /** Share of the traces that begin here which is recorded, 0 to 1. */
  readonly ratio: number;
  /** Sent with every export, a collector's key for instance. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly limits?: Partial<TracingLimits>;
}

export interface TracingLimits {
  /** Spans that wait to be sent; what comes beyond is dropped. */
  readonly queuedSpansMax: number;
  readonly batchSpansMax: number;
  readonly sendEveryMs: number;
  readonly sendMsMax: number;
  readonly shutdownMsMax: number;
  readonly attributesMax: number;
  readonly attributeCharactersMax: number;
}

export const defaultTracingLimits: TracingLimits = {
  queuedSpansMax: 4_096,
  batchSpansMax: 512,
  sendEveryMs: 1_000,
  sendMsMax: 5_000,
  shutdownMsMax: 2_000,
  attributesMax: 32,
  attributeCharactersMax: 256,
};

const noTracing: Tracing = {
  records: () => false,
  request: () => undefined,
  shutdown: () => Promise.resolve(),
};

/** OpenTelemetry is loaded only where a collector is named. */
export async function createTracing(options: TracingOptions): Promise<Tracing> {
  const { endpoint } = options;
  if (endpoint === undefined) return noTracing;
  const openTelemetry = await loadOpenTelemetry();
  return new OtlpTracing({
    ...options,
    endpoint,
    limits: { ...defaultTracingLimits, ...options.limits },
    openTelemetry,
  });
}
