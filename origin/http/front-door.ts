import type { IncomingMessage, ServerResponse } from 'node:http';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { errorHead } from '../../shared/http/responses.js';
import { headers } from '../../shared/protocol/headers.js';
import { nameSchema } from '../../shared/protocol/names.js';
import { traceOf } from '../../shared/http/trace.js';
import type { LogRow, RequestEnded } from '../../shared/http/request-scope.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Cancel, Schedule } from '../engine/schedule.js';
import type { TurnWatch } from './turn-watch.js';

export interface FrontDoorParts {
  /** Why nobody is let in to a model now, whatever is asked of it; undefined when somebody may be. */
  readonly refusal: (model: string) => BrinkError | undefined;
  readonly turn: Pick<TurnWatch, 'elapsedMs'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly schedule: Schedule;
  readonly log: LogRow;
  readonly onEnd: (ended: RequestEnded) => void;
}

/**
 * How long one turn of the event loop may go on letting requests in. It takes some hundred at once to get there: then the
 * server itself is what is too slow, and who waits for it is not counted in any queue.
 */
export const turnMsMax = 40;
/** Refusals are told in the log by the number: a row for each would cost more than the refusal. */
const logEveryMs = 1_000;
const runPath = /^\/v[12]\/models\/([^/?]{1,64})(?:\/versions\/[^/?]+)?\/(infer|predict)(?:\?|$)/;

/**
 * Turns requests away before anything else is done for them, when their model has as many as it can take, or the server
 * itself: one that reads, routes and decodes what it then refuses has no time left for those that it has let in. It knows
 * only what every such request would hear; all else is the app's. A caller without a key hears it, too, and so learns that a model of
 * that name is busy. Requests of browsers go the long way: they would not be shown an answer without CORS headers.
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
    if (incoming.method !== 'POST' || incoming.headers.origin !== undefined) return false;
    const [, model, operation] = runPath.exec(incoming.url ?? '') ?? [];
    if (model === undefined || !nameSchema.safeParse(model).success) return false;
    const error = this.#parts.turn.elapsedMs() > turnMsMax ? behind : this.#parts.refusal(model);
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

/** One for all: making an error takes as long as all else of a refusal. */
const behind = new BrinkError('overloaded', 'expected fewer requests at once: the server does not keep up', {
  retryAfterMs: 1_000,
});

const textOf = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : undefined;
