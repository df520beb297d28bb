import type { LoadBody } from '../load-plan.js';
import type { ConnectionFigures } from '../load-result.js';
import type { LoadConnection, Outcome } from './load-connection.js';

interface Place {
  readonly connection: LoadConnection;
  requests: number;
  /** When its request was sent; undefined while it is idle. */
  sentMs: number | undefined;
}

/** After a request that broke, its connection rests: a server that is not there is asked a few times a second, not thousands. */
const restMs = 50;

/** Connections are opened as they are needed; the one that was used last is used next, so that no more are kept busy than must be. */
export class ConnectionPool {
  readonly #most: number;
  readonly #open: () => LoadConnection;
  readonly #now: () => number;
  readonly #rest: (then: () => void, ms: number) => void;
  readonly #places: Place[] = [];
  readonly #idle: Place[] = [];
  #inFlight = 0;
  #inFlightMax = 0;
  #closed = false;

  constructor(
    most: number,
    open: () => LoadConnection,
    now: () => number,
    rest: (then: () => void, ms: number) => void = (then, ms) => void setTimeout(then, ms),
  ) {
    this.#most = most;
    this.#open = open;
    this.#now = now;
    this.#rest = rest;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get hasFree(): boolean {
    return this.#idle.length > 0 || this.#places.length < this.#most;
  }

  /** Sends over a free connection. `settled` is called when the answer is whole, `free` when the connection can be used again. */
  send(body: LoadBody, settled: (outcome: Outcome) => void, free: () => void): void {
    const place = this.#idle.pop() ?? this.#another();
    place.sentMs = this.#now();
    place.requests += 1;
    this.#inFlight += 1;
    this.#inFlightMax = Math.max(this.#inFlightMax, this.#inFlight);
    place.connection.send(body, (outcome) => {
      place.sentMs = undefined;
      this.#inFlight -= 1;
      settled(outcome);
      const release = (): void => {
        if (this.#closed) return;
        this.#idle.push(place);
        free();
      };
      if (outcome.verdict === 'failed') this.#rest(release, restMs);
      else release();
    });
  }

  /** Cuts off what was sent before `beforeMs`. */
  expire(beforeMs: number): void {
    for (const { sentMs, connection } of this.#places) {
      if (sentMs !== undefined && sentMs <= beforeMs) connection.expire();
    }
  }

  figures(): ConnectionFigures {
    const requests = this.#places.map((place) => place.requests);
    return {
      used: requests.length,
      inFlightMax: this.#inFlightMax,
      requestsFewest: requests.length === 0 ? 0 : Math.min(...requests),
      requestsMost: Math.max(0, ...requests),
    };
  }

  close(): void {
    this.#closed = true;
    for (const { connection } of this.#places) connection.close();
  }

  #another(): Place {
    const place: Place = { connection: this.#open(), requests: 0, sentMs: undefined };
    this.#places.push(place);
    return place;
  }
}
