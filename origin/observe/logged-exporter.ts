import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { type Clock, systemClock } from '../../shared/time/clock.js';
import type { Log } from '../engine/log.js';

type Done = Parameters<SpanExporter['export']>[1];

const logEveryMs = 60_000;
const success = 0; // ExportResultCode.SUCCESS

/** Says in the log, once a minute at most, how many spans could not be sent. They are gone. */
export class LoggedExporter implements SpanExporter {
  readonly #inner: SpanExporter;
  readonly #log: Log;
  readonly #clock: Clock;
  #loggedAt = -Infinity;
  #lostSpans = 0;

  constructor(inner: SpanExporter, log: Log, clock: Clock = systemClock) {
    this.#inner = inner;
    this.#log = log;
    this.#clock = clock;
  }

  export(spans: ReadableSpan[], done: Done): void {
    this.#inner.export(spans, (result) => {
      const code: number = result.code;
      if (code !== success) this.#note(spans.length, result.error);
      done(result); // OpenTelemetry's own handler of errors says nothing
    });
  }

  async shutdown(): Promise<void> {
    await this.#inner.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.#inner.forceFlush?.();
  }

  #note(spans: number, error: Error | undefined): void {
    this.#lostSpans += spans;
    if (this.#clock.now() - this.#loggedAt < logEveryMs) return;
    this.#loggedAt = this.#clock.now();
    this.#log({ event: 'spans-lost', level: 'warn', spans: this.#lostSpans, reason: error?.message.slice(0, 200) });
    this.#lostSpans = 0;
  }
}
