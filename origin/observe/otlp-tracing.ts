import type { Context, Tracer } from '@opentelemetry/api';
import type { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { statusOfCode } from '../../shared/errors/error-codes.js';
import { LoggedExporter } from './logged-exporter.js';
import type { OpenTelemetry } from './open-telemetry.js';
import { RequestIds } from './request-ids.js';
import { isWithinRatio, parseTraceparent, type SpanIdentity } from './traceparent.js';
import type { TracedRequest, Tracing, TracingLimits, TracingOptions } from './tracing.js';

export interface OtlpTracingOptions extends TracingOptions {
  readonly endpoint: URL;
  readonly limits: TracingLimits;
  readonly openTelemetry: OpenTelemetry;
}

/** Spans over OTLP/HTTP (JSON): one of the server's for each request, with its parts as children. */
export class OtlpTracing implements Tracing {
  readonly #options: OtlpTracingOptions;
  readonly #ids: RequestIds;
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;

  constructor(options: OtlpTracingOptions) {
    const { endpoint, serviceName, serviceVersion, headers, log, limits } = options;
    const { sdk, exporter, resources } = options.openTelemetry;
    this.#options = options;
    this.#ids = new RequestIds(new sdk.RandomIdGenerator());
    const otlp = new exporter.OTLPTraceExporter({
      url: tracesUrl(endpoint),
      timeoutMillis: limits.sendMsMax,
      concurrencyLimit: 4,
      ...(headers === undefined ? {} : { headers: { ...headers } }),
    });
    this.#provider = new sdk.BasicTracerProvider({
      sampler: new sdk.AlwaysOnSampler(), // what is not recorded never becomes a span
      idGenerator: this.#ids,
      resource: resources.resourceFromAttributes({
        'service.name': serviceName,
        ...(serviceVersion === undefined ? {} : { 'service.version': serviceVersion }),
      }),
      spanLimits: {
        attributeCountLimit: limits.attributesMax,
        attributeValueLengthLimit: limits.attributeCharactersMax,
      },
      spanProcessors: [
        new sdk.BatchSpanProcessor(new LoggedExporter(otlp, log), {
          maxQueueSize: limits.queuedSpansMax,
          maxExportBatchSize: Math.min(limits.batchSpansMax, limits.queuedSpansMax),
          scheduledDelayMillis: limits.sendEveryMs,
          exportTimeoutMillis: limits.sendMsMax,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('brink');
  }

  records({ traceparent, parent }: Pick<TracedRequest, 'traceparent' | 'parent'>): boolean {
    const own = parseTraceparent(traceparent);
    return own !== undefined && this.#isRecorded(own, parentOf(own, parent));
  }

  request(request: TracedRequest): void {
    try {
      const own = parseTraceparent(request.traceparent);
      if (own === undefined) return;
      const parent = parentOf(own, request.parent);
      if (this.#isRecorded(own, parent)) this.#record(request, own, parent);
    } catch (error) {
      this.#options.log({ event: 'trace-failed', level: 'warn', reason: String(error).slice(0, 200) });
    }
  }

  async shutdown(): Promise<void> {
    const { shutdownMsMax } = this.#options.limits;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, shutdownMsMax)));
    const flushed = this.#provider.shutdown().catch(() => undefined); // the exporter has logged why
    await Promise.race([flushed, late]);
    clearTimeout(timer);
  }

  /** A trace that was begun elsewhere is recorded as its beginner decided; of those that begin here, a share is. */
  #isRecorded(own: SpanIdentity, parent: SpanIdentity | undefined): boolean {
    if (parent !== undefined) return parent.sampled;
    return own.sampled && isWithinRatio(own.traceId, this.#options.ratio);
  }

  #record(request: TracedRequest, own: SpanIdentity, parent: SpanIdentity | undefined): void {
    const { name, startMs, endMs, status, attributes, children } = request;
    const { context, SpanKind, SpanStatusCode, trace } = this.#options.openTelemetry.api;
    const span = this.#ids.as(own, () =>
      this.#tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: startMs, attributes }, this.#contextOf(parent)),
    );
    const within = trace.setSpan(context.active(), span);
    for (const child of children) {
      const options = { kind: SpanKind.INTERNAL, startTime: child.startMs, attributes: child.attributes ?? {} };
      this.#tracer.startSpan(child.name, options, within).end(child.endMs);
    }
    if (status !== 'ok') {
      span.setAttribute('error.type', status);
      // A caller's fault is not an error of the server's span (OpenTelemetry's conventions for HTTP).
      if (statusOfCode[status] >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: status });
    }
    span.end(endMs);
  }

  #contextOf(parent: SpanIdentity | undefined): Context {
    const { context, trace, TraceFlags } = this.#options.openTelemetry.api;
    if (parent === undefined) return context.active();
    const { traceId, spanId } = parent;
    return trace.setSpanContext(context.active(), { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
  }
}

/** What was sent, where it is of the same trace: a header that was replaced is nobody's parent. */
function parentOf(own: SpanIdentity, sent: string | undefined): SpanIdentity | undefined {
  const parent = parseTraceparent(sent);
  return parent?.traceId === own.traceId ? parent : undefined;
}

function tracesUrl(endpoint: URL): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith('/v1/traces')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`;
  return url.href;
}
