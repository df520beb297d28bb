import { describe, expect, it } from 'vitest';
import type { GpuFigures } from '../../../origin/observe/gpu-csv.js';
import { Metrics } from '../../../origin/observe/metrics.js';
import { batch, item, labelOf, snapshotOf } from './events.js';
import { parsePrometheus } from './prometheus-text.js';

const cat = labelOf('cat');
const at = { model: 'cat', version: 'v1' };
const gpu: GpuFigures = {
  index: 0,
  uuid: 'GPU-1',
  name: 'A GPU',
  utilization: 0.5,
  memoryUsedBytes: 10,
  memoryTotalBytes: 20,
  powerWatts: undefined,
  powerLimitWatts: 700,
  temperatureCelsius: 30,
};

function metricsOf(tritonNames: boolean): Metrics {
  return new Metrics({
    snapshot: () => [snapshotOf(cat, { queued: 4 })],
    build: { version: '1', onnxruntime: '1' },
    gpus: () => Promise.resolve([gpu]),
    tritonNames,
  });
}

describe("Triton's names", () => {
  it('are not shown unless they are asked for', async () => {
    expect(await metricsOf(false).render()).not.toContain('nv_');
  });

  it("count requests, rows and runs as Triton's guide defines them, in microseconds", async () => {
    const metrics = metricsOf(true);
    for (const rows of [1, 8]) metrics.observe(item(cat, { rows })); // one batch of two requests
    metrics.observe(batch(cat, 9, 2));
    metrics.observeCache({ kind: 'cache-miss', of: cat, ms: 0.5 });
    metrics.observeCache({ kind: 'cache-hit', of: cat, ms: 0.25 });
    const exposed = parsePrometheus(await metrics.render());
    const value = (name: string): number | undefined => exposed.value(name, at);
    expect(value('nv_inference_request_success')).toBe(3);
    expect(value('nv_inference_count')).toBe(9);
    expect(value('nv_inference_exec_count')).toBe(1);
    expect(value('nv_inference_request_duration_us')).toBe(20_250);
    expect(value('nv_inference_queue_duration_us')).toBe(2_000);
    expect(value('nv_inference_compute_input_duration_us')).toBe(500);
    expect(value('nv_inference_compute_infer_duration_us')).toBe(16_000);
    expect(value('nv_inference_compute_output_duration_us')).toBe(1_500);
    expect(value('nv_inference_pending_request_count')).toBe(4);
    expect(value('nv_cache_num_hits_per_model')).toBe(1);
    expect(value('nv_cache_num_misses_per_model')).toBe(1);
    expect(value('nv_cache_hit_duration_per_model')).toBe(250);
    expect(value('nv_cache_miss_duration_per_model')).toBe(500);
  });

  it('tell why requests failed', async () => {
    const metrics = metricsOf(true);
    metrics.observe({ kind: 'refused', of: cat, reason: 'queue-full' });
    for (const code of ['deadline-exceeded', 'cancelled', 'runner-failed', 'shutting-down', 'internal'] as const) {
      metrics.observe({ kind: 'item-failed', of: cat, code, totalMs: 1 });
    }
    const failures = parsePrometheus(await metrics.render()).all('nv_inference_request_failure');
    expect(Object.fromEntries(failures.map(({ labels: { reason }, value }) => [reason, value]))).toEqual({
      REJECTED: 2,
      CANCELED: 1,
      BACKEND: 1,
      OTHER: 2,
    });
  });

  it('keep their names in OpenMetrics, and show what a GPU tells and nothing else', async () => {
    const exposed = parsePrometheus(await metricsOf(true).render('openmetrics'));
    expect(exposed.value('nv_inference_count', at)).toBe(0);
    expect(exposed.value('nv_gpu_utilization', { gpu_uuid: 'GPU-1' })).toBe(0.5);
    expect(exposed.value('nv_gpu_power_limit', { gpu_uuid: 'GPU-1' })).toBe(700);
    expect(exposed.all('nv_gpu_power_usage')).toEqual([]);
    expect(exposed.value('brink_gpu_memory_total_bytes', { gpu: '0' })).toBe(20);
    expect(exposed.all('brink_gpu_power_watts')).toEqual([]);
  });
});
