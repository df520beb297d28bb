import type { Caller, Engine, Residency, Target } from '../../shared/engine/engine.js';
import { toBrinkError } from '../../shared/errors/brink-error.js';
import type { ErrorCode } from '../../shared/errors/error-codes.js';
import type { HandlerInput, Json } from '../../shared/handler/handler.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';
import { AnswerStore } from './answer-store.js';
import type { CacheEvent, CacheSnapshot, ObserveCache } from './cache-event.js';
import { Flight } from './flight.js';
import { requestKey } from './request-key.js';

export interface CachingEngineParts {
  readonly engine: Engine;
  /** Bytes that a model's answers may hold; 0: the model is not cached. */
  readonly bytesMaxOf: (model: string) => number;
  readonly observe: ObserveCache;
  /** Milliseconds, monotonic. */
  readonly nowMs?: () => number;
}

/** Failures of a run that lie in the request that began it: who joined it may have more time. */
const leadersOwn: ReadonlySet<ErrorCode> = new Set(['deadline-exceeded', 'overloaded']);

/** One request on its way through the cache. */
interface Asked {
  readonly target: Target;
  readonly request: InferRequest;
  readonly deadline: Deadline;
  readonly caller: Caller | undefined;
  readonly key: string;
  readonly bytesMax: number;
  readonly lookUpMs: number;
}

/**
 * An engine that answers `infer` from what it has answered before, for the models that are set to it: a model must give
 * the same outputs for the same inputs. Identical requests at the same time share one run. Answers are kept by the
 * version's digest and dropped with it; whether a version may still answer is checked after the engine, as ever.
 */
export class CachingEngine implements Engine {
  readonly #engine: Engine;
  readonly #parts: Required<Omit<CachingEngineParts, 'engine'>>;
  readonly #stores = new Map<string, AnswerStore>();
  readonly #flights = new Map<string, Flight>();

  constructor({ engine, ...parts }: CachingEngineParts) {
    this.#engine = engine;
    this.#parts = { nowMs: () => performance.now(), ...parts };
  }

  async infer(target: Target, request: InferRequest, deadline: Deadline, caller?: Caller): Promise<readonly Tensor[]> {
    const { bytesMaxOf, nowMs } = this.#parts;
    const bytesMax = bytesMaxOf(target.manifest.model);
    if (bytesMax <= 0 || caller?.signal?.aborted === true) {
      return this.#engine.infer(target, request, deadline, caller);
    }
    const startedAtMs = nowMs();
    const key = requestKey(target, request.inputs);
    const kept = this.#stores.get(target.manifest.model)?.get(key);
    const lookUpMs = nowMs() - startedAtMs;
    if (kept !== undefined) {
      this.#note('cache-hit', target, lookUpMs);
      return kept;
    }
    const asked: Asked = { target, request, deadline, caller, key, bytesMax, lookUpMs };
    const flight = this.#flights.get(key);
    return flight === undefined ? this.#lead(asked) : this.#join(asked, flight);
  }

  predict(target: Target, input: HandlerInput, deadline: Deadline, caller?: Caller): Promise<Json> {
    return this.#engine.predict(target, input, deadline, caller);
  }

  prefetch(target: Target, deadline: Deadline): Promise<void> {
    return this.#engine.prefetch(target, deadline);
  }

  residency(digest: string): Residency {
    return this.#engine.residency(digest);
  }

  /** Drops what is kept of a version, at once; what it is running now is not kept either. */
  forget(digest: string): void {
    this.#drop((one) => one === digest);
  }

  /** Drops what is kept of all other versions. */
  keepOnly(digests: ReadonlySet<string>): void {
    this.#drop((one) => !digests.has(one));
  }

  snapshot(): CacheSnapshot[] {
    return [...this.#stores.values()].flatMap((store) => store.snapshot());
  }

  /** Runs, for itself and for whoever joins. */
  #lead(asked: Asked): Promise<readonly Tensor[]> {
    const { target, request, deadline, caller, key } = asked;
    const run = async (signal: AbortSignal): Promise<readonly Tensor[]> => {
      let keepMs = 0;
      try {
        const outputs = await this.#engine.infer(target, request, deadline, {
          priority: caller?.priority ?? 0,
          signal,
        });
        keepMs = this.#keep(asked, flight, outputs);
        return outputs;
      } finally {
        this.#note('cache-miss', target, asked.lookUpMs + keepMs);
      }
    };
    const onClosed = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const flight: Flight = new Flight({ digest: target.digest, run, onClosed });
    this.#flights.set(key, flight);
    return flight.wait(caller?.signal);
  }

  /** Waits for another's run; where that one ran out of its own time, runs. */
  async #join(asked: Asked, flight: Flight): Promise<readonly Tensor[]> {
    const { target, request, deadline, caller } = asked;
    const startedAtMs = this.#parts.nowMs();
    try {
      const outputs = await flight.wait(caller?.signal, deadline);
      this.#note('cache-joined', target, this.#parts.nowMs() - startedAtMs);
      return outputs;
    } catch (error) {
      if (!leadersOwn.has(toBrinkError(error).code) || deadline.passed) throw error;
      return this.#engine.infer(target, request, deadline, caller);
    }
  }

  /** How long it took. */
  #keep({ target, key, bytesMax }: Asked, flight: Flight, outputs: readonly Tensor[]): number {
    if (!flight.mayBeKept) return 0;
    const startedAtMs = this.#parts.nowMs();
    const { model } = target.manifest;
    const store = this.#stores.get(model) ?? new AnswerStore();
    this.#stores.set(model, store); // as many as there are models that are set to be cached
    store.put(key, labelOf(target), outputs, bytesMax);
    return this.#parts.nowMs() - startedAtMs;
  }

  #drop(isDropped: (digest: string) => boolean): void {
    for (const [model, store] of this.#stores) {
      store.dropVersions(isDropped);
      if (store.bytes === 0) this.#stores.delete(model);
    }
    for (const [key, flight] of this.#flights) {
      if (!isDropped(flight.digest)) continue;
      flight.mayBeKept = false;
      this.#flights.delete(key); // who comes now joins nothing of it
    }
  }

  #note(kind: CacheEvent['kind'], target: Target, ms: number): void {
    this.#parts.observe({ kind, of: labelOf(target), ms });
  }
}

function labelOf({ manifest, version, digest }: Target): CacheEvent['of'] {
  return { model: manifest.model, version, digest };
}
