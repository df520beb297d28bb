import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrinkError } from '../../shared/errors/brink-error.js';
import { errorHead } from '../../shared/http/responses.js';
import { headers } from '../../shared/protocol/headers.js';
import { nameSchema } from '../../shared/protocol/names.js';
import { traceOf } from '../../shared/http/trace.js';
import type { LogRow, RequestEnded } from '../../shared/http/request-scope.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Cancel, Schedule } from '../engine/schedule.js';

export interface FrontDoorParts {
  /** Why nobody is let in to a model now, whatever is asked of it; undefined when somebody may be. */
  readonly refusal: (model: string) => BrinkError | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly schedule: Schedule;
  readonly log: LogRow;
  readonly onEnd: (ended: RequestEnded) => void;
}

/** Refusals are told in the log by the number: a row for each would cost more than the refusal. */
const logEveryMs = 1_000;
const runPath = /^\/v[12]\/models\/([^/?]{1,64})(?:\/versions\/[^/?]+)?\/(infer|predict)(?:\?|$)/;

/**
 * Turns requests away before anything else is done for them, when their model has as many as it can take: a server that
 * reads, routes and decodes what it then refuses has no time left for those that it has let in. It knows only what every
 * such request would hear; all else is the app's. A caller without a key hears it, too, and so learns that a model of
 * that name is busy.
 *
 * The long way go requests of browsers, which would not be shown an answer without CORS headers, and those whose
 * connection ends with the answer: the system throws an answer away when it closes on what was not read.
 */
export class FrontDoor {
  readonly #parts: FrontDoorParts;
  readonly #counts = new Map<string, number>();
  #cancelLog: Cancel | undefined;

  constructor(parts: FrontDoorParts) {
    this.#parts = parts;
  }

  /** Whether it has answered: then nobody else may. The rest of the body is read by Node, into nothing. */
  turnsAway(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    if (incoming.method !== 'POST' || incoming.headers.origin !== undefined || endsWith(outgoing)) return false;
    const [, model, operation] = runPath.exec(incoming.url ?? '') ?? [];
    if (model === undefined || !nameSchema.safeParse(model).success) return false;
    const error = this.#parts.refusal(model);
    if (error === undefined) return false;
    this.#answer(incoming, outgoing, error, { model, operation: operation === 'infer' ? 'infer' : 'predict' });
    return true;
  }

  /** Writes what has not been told yet. */
  close(): void {
    this.#cancelLog?.();
    this.#tell();
  }

  #answer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    error: BrinkError,
    { model, operation }: { model: string; operation: 'infer' | 'predict' },
  ): void {
    const { clock, random, onEnd } = this.#parts;
    const { [headers.requestId]: requestId, [headers.traceparent]: traceparent } = incoming.headers;
    const trace = traceOf(textOf(requestId), textOf(traceparent), random);
    // As text: Node writes it together with the head, where bytes would be a second piece.
    const body = JSON.stringify({ error: error.message, code: error.code });
    const bytesOut = Buffer.byteLength(body);
    outgoing.writeHead(error.status, {
      ...errorHead(error),
      'content-length': bytesOut,
      [headers.requestId]: trace.requestId,
      [headers.traceparent]: trace.traceparent,
      [headers.servedBy]: 'origin',
      'server-timing': 'total;dur=0',
    });
    outgoing.end(body);
    const { status, code } = error;
    const sizes = { ms: 0, bytesIn: 0, bytesOut };
    onEnd({ operation, model, status, code, startedAt: clock.now(), ...sizes, trace, report: {} });
    this.#count(model);
  }

  #count(model: string): void {
    this.#counts.set(model, (this.#counts.get(model) ?? 0) + 1);
    this.#cancelLog ??= this.#parts.schedule(() => this.#tell(), logEveryMs);
  }

  #tell(): void {
    this.#cancelLog = undefined;
    for (const [model, count] of this.#counts) {
      this.#parts.log({ event: 'turned-away', level: 'warn', tier: 'origin', model, count });
    }
    this.#counts.clear();
  }
}

/** Whether the connection ends with its answer: the caller's wish, or that of a server which drains. */
const endsWith = (outgoing: ServerResponse): boolean =>
  !outgoing.shouldKeepAlive || outgoing.getHeader('connection') === 'close';

const textOf = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined;
