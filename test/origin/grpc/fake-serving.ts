import type { ServingExtensions } from '../../../shared/http/data-tier.js';
import type { ModelStatistics } from '../../../shared/protocol/serving-messages.js';

const duration = (count: number): { count: number; ns: number } => ({ count, ns: count * 1_000_000_000_000 });

export const sampleStatistics: ModelStatistics = {
  name: 'test',
  version: 'v1',
  last_inference: 1_700_000_000_123,
  inference_count: 64,
  execution_count: 2,
  inference_stats: {
    success: duration(1), fail: duration(2), queue: duration(3), compute_input: duration(4), compute_infer: duration(5),
    compute_output: duration(6), cache_hit: duration(7), cache_miss: duration(8),
  },
  batch_stats: [
    { batch_size: 32, compute_input: duration(1), compute_infer: duration(2), compute_output: duration(3) },
  ],
  memory_usage: [{ type: 'CPU', id: 0, byte_size: 5_000_000_000 }],
  response_stats: {},
}; // prettier-ignore

/** What a tier that keeps models says, and what it was told to do. */
export function fakeServing(): ServingExtensions & { done: string[]; asked: unknown[] } {
  const done: string[] = [];
  const asked: unknown[] = [];
  return {
    done,
    asked,
    instanceGroups: () => [{ name: 'cpu', kind: 'KIND_CPU', count: 2, gpus: [] }],
    batching: () => ({ maxBatch: 16, maxQueueDelayMs: 1.5, priorityLevels: 3 }),
    statistics: (...which) => {
      asked.push(which);
      return Promise.resolve([sampleStatistics]);
    },
    index: () =>
      Promise.resolve([
        { name: 'test', version: 'v1', state: 'READY', reason: '' },
        { name: 'test', version: 'v2', state: 'UNAVAILABLE', reason: 'fenced' },
      ]),
    load: (model) => {
      done.push(`load ${model}`);
      return Promise.resolve();
    },
    unload: (model) => {
      done.push(`unload ${model}`);
      return Promise.resolve();
    },
  };
}
