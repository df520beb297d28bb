import type { Operation } from '../../shared/auth/operations.js';
import { isErrorCode } from '../../shared/errors/error-codes.js';
import { durationSeconds } from './buckets.js';
import type { CellFamily, Labels } from './cell-family.js';
import type { CounterCell } from './counter-cell.js';
import type { Exposition } from './exposition.js';
import type { HistogramCell } from './histogram-cell.js';
import { other } from './version-book.js';

export type RequestProtocol = 'rest' | 'grpc' | 'grpc-stream';

/** One request, as a protocol's own scope saw it: everything that came in, also what was refused before the engine. */
export interface RequestObserved {
  readonly protocol: RequestProtocol;
  /** `unknown`: of no operation, such as a path that is no route. */
  readonly operation: Operation | 'unknown';
  /** As the caller wrote it; absent where there is none. */
  readonly model?: string | undefined;
  /** HTTP's number, or gRPC's name of the status. */
  readonly status: number | string;
  readonly code?: string | undefined;
  /** From the first byte read to the answer handed over. */
  readonly ms: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type ObserveRequest = (row: RequestObserved) => void;

export interface RequestSeriesLimits {
  /** Sets of protocol, operation and model; what comes beyond is counted as of the model `other`. */
  readonly setsMax: number;
  /** Pairs of status and code in each set. */
  readonly outcomesMax: number;
}

export const defaultRequestSeriesLimits: RequestSeriesLimits = { setsMax: 5_000, outcomesMax: 128 };

interface RequestSet {
  readonly labels: Labels;
  readonly bytesIn: CounterCell;
  readonly bytesOut: CounterCell;
  readonly ok: HistogramCell;
  readonly error: HistogramCell;
  readonly outcomes: Map<number | string, Map<string, CounterCell>>;
  outcomeCount: number;
}

const statusPattern = /^[A-Z][A-Z_]{0,31}$/;

/** Counts requests. Its labels are bounded: a model is one that the engine knows, or `other`. */
export class RequestSeries {
  readonly #limits: RequestSeriesLimits;
  readonly #requests: CellFamily<CounterCell>;
  readonly #durations: CellFamily<HistogramCell>;
  readonly #bytesIn: CellFamily<CounterCell>;
  readonly #bytesOut: CellFamily<CounterCell>;
  /** By model, operation, protocol. */
  readonly #sets = new Map<string, Map<string, Map<string, RequestSet>>>();
  #setCount = 0;

  constructor(exposition: Exposition, limits: Partial<RequestSeriesLimits> = {}) {
    this.#limits = { ...defaultRequestSeriesLimits, ...limits };
    this.#requests = exposition.counter('brink_requests_total', 'Requests, by protocol, operation, status and code');
    this.#durations = exposition.histogram(
      'brink_request_duration_seconds',
      'From the first byte of a request to its answer',
      durationSeconds,
    );
    this.#bytesIn = exposition.counter('brink_request_bytes_total', 'Bytes of request bodies');
    this.#bytesOut = exposition.counter('brink_response_bytes_total', 'Bytes of answers');
  }

  count(row: RequestObserved, isKnownModel: boolean): void {
    const model = row.model === undefined ? '' : isKnownModel ? row.model : other;
    const set = this.#set(model, row.operation, row.protocol);
    (row.code === undefined ? set.ok : set.error).observe(row.ms / 1_000);
    set.bytesIn.add(row.bytesIn);
    set.bytesOut.add(row.bytesOut);
    this.#outcome(set, row.status, row.code ?? '').add();
  }

  dropModel(model: string): void {
    for (const byProtocol of this.#sets.get(model)?.values() ?? []) {
      for (const set of byProtocol.values()) this.#dropSet(set);
      this.#setCount -= byProtocol.size;
    }
    this.#sets.delete(model);
  }

  #set(model: string, operation: string, protocol: string): RequestSet {
    const known = this.#sets.get(model)?.get(operation)?.get(protocol);
    if (known !== undefined) return known;
    if (this.#setCount >= this.#limits.setsMax && model !== other && model !== '') {
      return this.#set(other, operation, protocol);
    }
    const labels = { protocol, operation, model };
    const set: RequestSet = {
      labels,
      bytesIn: this.#bytesIn.at(labels),
      bytesOut: this.#bytesOut.at(labels),
      ok: this.#durations.at({ ...labels, outcome: 'ok' }),
      error: this.#durations.at({ ...labels, outcome: 'error' }),
      outcomes: new Map(),
      outcomeCount: 0,
    };
    const byOperation = this.#sets.get(model) ?? new Map<string, Map<string, RequestSet>>();
    const byProtocol = byOperation.get(operation) ?? new Map<string, RequestSet>();
    this.#sets.set(model, byOperation.set(operation, byProtocol.set(protocol, set)));
    this.#setCount += 1;
    return set;
  }

  #outcome(set: RequestSet, status: number | string, code: string): CounterCell {
    const known = set.outcomes.get(status)?.get(code);
    if (known !== undefined) return known;
    const isFull = set.outcomeCount >= this.#limits.outcomesMax;
    if (isFull || !isStatus(status) || !(code === '' || isErrorCode(code))) {
      return this.#requests.at({ ...set.labels, status: other, code: other });
    }
    const cell = this.#requests.at({ ...set.labels, status: String(status), code });
    set.outcomes.set(status, (set.outcomes.get(status) ?? new Map<string, CounterCell>()).set(code, cell));
    set.outcomeCount += 1;
    return cell;
  }

  #dropSet({ labels, outcomes }: RequestSet): void {
    this.#bytesIn.drop(labels);
    this.#bytesOut.drop(labels);
    for (const outcome of ['ok', 'error']) this.#durations.drop({ ...labels, outcome });
    this.#requests.drop({ ...labels, status: other, code: other });
    for (const [status, byCode] of outcomes) {
      for (const code of byCode.keys()) this.#requests.drop({ ...labels, status: String(status), code });
    }
  }
}

function isStatus(status: number | string): boolean {
  if (typeof status === 'string') return statusPattern.test(status);
  return Number.isInteger(status) && status >= 0 && status <= 599;
}
