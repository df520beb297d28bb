import type { Gauge } from 'prom-client';
import type { ErrorCode } from '../../shared/errors/error-codes.js';
import type { VersionSnapshot } from '../engine/engine-events.js';
import type { CellFamily, Labels } from './cell-family.js';
import type { CounterCell } from './counter-cell.js';
import type { Exposition } from './exposition.js';
import type { GpuFigures } from './gpu-csv.js';
import type { VersionSeries } from './version-series.js';

const counters = {
  success: ['nv_inference_request_success', 'Number of successful inference requests, all batch sizes'],
  failure: ['nv_inference_request_failure', 'Number of failed inference requests, all batch sizes'],
  count: ['nv_inference_count', 'Number of inferences performed, without cached requests'],
  execCount: ['nv_inference_exec_count', 'Number of model executions performed, without cached requests'],
  request: ['nv_inference_request_duration_us', 'Cumulative duration of inference requests, in microseconds'],
  queue: ['nv_inference_queue_duration_us', 'Cumulative wait of inference requests in the queue, in microseconds'],
  input: ['nv_inference_compute_input_duration_us', 'Cumulative duration of compute input, in microseconds'],
  infer: ['nv_inference_compute_infer_duration_us', 'Cumulative duration of compute inference, in microseconds'],
  output: ['nv_inference_compute_output_duration_us', 'Cumulative duration of compute output, in microseconds'],
  cacheHits: ['nv_cache_num_hits_per_model', 'Number of response cache hits'],
  cacheMisses: ['nv_cache_num_misses_per_model', 'Number of response cache misses'],
  cacheHit: ['nv_cache_hit_duration_per_model', 'Cumulative duration of cache hits, in microseconds'],
  cacheMiss: ['nv_cache_miss_duration_per_model', 'Cumulative duration of cache misses, in microseconds'],
} as const;

type CounterName = keyof typeof counters;
type GpuGauge = Gauge<'gpu_uuid'>;

/** Triton's values of the label `reason` of failed requests. */
type FailureReason = 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';

/**
 * The names of Triton's own metrics (its user guide, "Metrics"), so that dashboards made for it work. Made at a scrape,
 * from what has been counted under our names.
 */
export class TritonNames {
  readonly #counters: Readonly<Record<CounterName, CellFamily<CounterCell>>>;
  readonly #pending;
  readonly #gpus: readonly (readonly [GpuGauge, (gpu: GpuFigures) => number | undefined])[];

  constructor(exposition: Exposition) {
    const entries = Object.entries(counters).map(([key, [name, help]]) => [key, exposition.counter(name, help)]);
    this.#counters = Object.fromEntries(entries) as Record<CounterName, CellFamily<CounterCell>>;
    this.#pending = exposition.gauge(
      'nv_inference_pending_request_count',
      'Instantaneous number of pending requests awaiting execution per model',
      ['model', 'version'],
    );
    const gauge = (name: string, help: string): GpuGauge => exposition.gauge(name, help, ['gpu_uuid']);
    this.#gpus = [
      [gauge('nv_gpu_utilization', 'GPU utilization rate, 0.0 to 1.0'), (gpu) => gpu.utilization],
      [gauge('nv_gpu_memory_total_bytes', 'GPU total memory, in bytes'), (gpu) => gpu.memoryTotalBytes],
      [gauge('nv_gpu_memory_used_bytes', 'GPU used memory, in bytes'), (gpu) => gpu.memoryUsedBytes],
      [gauge('nv_gpu_power_usage', 'GPU power usage in watts'), (gpu) => gpu.powerWatts],
      [gauge('nv_gpu_power_limit', 'GPU power management limit in watts'), (gpu) => gpu.powerLimitWatts],
    ];
  }

  write(all: readonly VersionSeries[], versions: readonly VersionSnapshot[], gpus: readonly GpuFigures[]): void {
    for (const family of Object.values(this.#counters)) family.clear();
    for (const series of all) this.#writeSeries(series);
    this.#pending.reset();
    for (const { of, queued } of versions) this.#pending.inc({ model: of.model, version: of.version }, queued);
    for (const [gauge, figureOf] of this.#gpus) {
      gauge.reset();
      for (const gpu of gpus) {
        const figure = figureOf(gpu);
        if (figure !== undefined) gauge.set({ gpu_uuid: gpu.uuid }, figure);
      }
    }
  }

  #writeSeries(series: VersionSeries): void {
    const { labels, times, duration, queue, batchRows, rows } = series;
    const results = new Map(series.cacheRequests.entries());
    const hits = (results.get('hit') ?? 0) + (results.get('joined') ?? 0);
    this.#add('success', labels, duration.count + hits);
    this.#add('count', labels, rows.value);
    this.#add('execCount', labels, batchRows.count);
    this.#add('request', labels, Math.round(duration.sum * 1e6 + times.cacheHitMs * 1e3));
    this.#add('queue', labels, Math.round(queue.sum * 1e6));
    this.#add('input', labels, Math.round(times.inputMs * 1e3));
    this.#add('infer', labels, Math.round(times.inferMs * 1e3));
    this.#add('output', labels, Math.round(times.outputMs * 1e3));
    this.#add('cacheHits', labels, hits);
    this.#add('cacheMisses', labels, results.get('miss') ?? 0);
    this.#add('cacheHit', labels, Math.round(times.cacheHitMs * 1e3));
    this.#add('cacheMiss', labels, Math.round(times.cacheMissMs * 1e3));
    for (const reason of ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER']) this.#add('failure', { ...labels, reason }, 0);
    for (const [, count] of series.refusals.entries()) this.#add('failure', { ...labels, reason: 'REJECTED' }, count);
    for (const [code, count] of series.failures.entries()) {
      this.#add('failure', { ...labels, reason: reasonOf(code as ErrorCode) }, count);
    }
  }

  #add(name: CounterName, labels: Labels, amount: number): void {
    this.#counters[name].at(labels).add(amount);
  }
}

function reasonOf(code: ErrorCode): FailureReason {
  switch (code) {
    case 'deadline-exceeded':
    case 'queue-full':
    case 'overloaded':
      return 'REJECTED';
    case 'cancelled':
      return 'CANCELED';
    case 'engine-failed':
    case 'runner-failed':
    case 'model-rejected-input':
    case 'heap-exhausted':
      return 'BACKEND';
    default:
      return 'OTHER';
  }
}
