import type { MemoryUsage, ModelStatistics } from '../../shared/protocol/serving-messages.js';
import type { CacheEvent } from '../cache/cache-event.js';
import type { EngineEvent, VersionLabel, VersionSnapshot } from '../engine/engine-events.js';
import { BatchSizes } from './batch-sizes.js';
import { DurationSum } from './duration-sum.js';

/**
 * What Triton's statistics extension says of one version: `success` and `queue` count requests and include those
 * answered by the response cache; the compute times are of requests too, so that all of a batch count its run once each;
 * `inference_count` counts rows and `execution_count` runs, and neither includes the cache.
 */
export class VersionStatistics {
  #lastInferenceMs = 0;
  #rows = 0;
  #runs = 0;
  readonly #success = new DurationSum();
  readonly #fail = new DurationSum();
  readonly #queue = new DurationSum();
  readonly #input = new DurationSum();
  readonly #infer = new DurationSum();
  readonly #output = new DurationSum();
  readonly #cacheHit = new DurationSum();
  readonly #cacheMiss = new DurationSum();
  readonly #batches = new BatchSizes();

  count(event: EngineEvent, nowMs: number): void {
    switch (event.kind) {
      case 'item':
        this.#lastInferenceMs = nowMs;
        this.#rows += event.rows;
        this.#success.add(event.queueMs + event.inputMs + event.inferMs + event.outputMs);
        this.#queue.add(event.queueMs);
        this.#input.add(event.inputMs);
        this.#infer.add(event.inferMs);
        this.#output.add(event.outputMs);
        return;
      case 'item-failed':
        this.#lastInferenceMs = nowMs;
        this.#fail.add(event.totalMs);
        return;
      case 'refused':
        this.#lastInferenceMs = nowMs;
        this.#fail.add(0);
        return;
      case 'batch':
        this.#runs += 1;
        this.#batches.add(event.rows, event);
        return;
      case 'loaded':
      case 'runner-ended':
        return;
    }
  }

  countCache({ kind, ms }: CacheEvent, nowMs: number): void {
    if (kind === 'cache-miss') {
      this.#cacheMiss.add(ms);
      return;
    }
    this.#lastInferenceMs = nowMs;
    this.#success.add(ms);
    this.#queue.add(0);
    this.#cacheHit.add(ms);
  }

  value(of: VersionLabel, snapshot: VersionSnapshot | undefined): ModelStatistics {
    return {
      name: of.model,
      version: of.version,
      last_inference: this.#lastInferenceMs,
      inference_count: this.#rows,
      execution_count: this.#runs,
      inference_stats: {
        success: this.#success.value(),
        fail: this.#fail.value(),
        queue: this.#queue.value(),
        compute_input: this.#input.value(),
        compute_infer: this.#infer.value(),
        compute_output: this.#output.value(),
        cache_hit: this.#cacheHit.value(),
        cache_miss: this.#cacheMiss.value(),
      },
      batch_stats: this.#batches.all(),
      memory_usage: memoryOf(snapshot),
      response_stats: {},
    };
  }
}

/** Resident memory of the runners: it is in main memory, on whatever device they compute. */
function memoryOf(snapshot: VersionSnapshot | undefined): MemoryUsage[] {
  if (snapshot === undefined) return [];
  const bytes = snapshot.instances.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  return bytes === 0 ? [] : [{ type: 'CPU', id: 0, byte_size: bytes }];
}
