import type { IdGenerator } from '@opentelemetry/sdk-trace-base';
import type { SpanIdentity } from './traceparent.js';

/**
 * Gives a request's span the id that the next hop was already told in `traceparent`: the request is traced when it is
 * over. All other spans have random ones.
 */
export class RequestIds implements IdGenerator {
  readonly #random: IdGenerator;
  #next: SpanIdentity | undefined;

  constructor(random: IdGenerator) {
    this.#random = random;
  }

  /** `start` starts one span, which is `identity`. */
  as<T>(identity: SpanIdentity, start: () => T): T {
    this.#next = identity;
    try {
      return start();
    } finally {
      this.#next = undefined;
    }
  }

  generateTraceId(): string {
    return this.#next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#next?.spanId ?? this.#random.generateSpanId();
  }
}
