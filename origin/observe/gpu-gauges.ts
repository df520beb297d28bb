import type { Gauge } from 'prom-client';
import type { Exposition } from './exposition.js';
import type { GpuFigures } from './gpu-csv.js';

const labelNames = ['gpu', 'gpu_uuid'] as const;
type GpuGauge = Gauge<(typeof labelNames)[number]>;

/** Figures of each GPU; no series where there is none. */
export class GpuGauges {
  readonly #info;
  readonly #gauges: readonly (readonly [GpuGauge, (gpu: GpuFigures) => number | undefined])[];

  constructor(exposition: Exposition) {
    const gauge = (name: string, help: string): GpuGauge => exposition.gauge(name, help, labelNames);
    this.#info = exposition.gauge('brink_gpu_info', 'Always 1: what a GPU is', [...labelNames, 'name']);
    this.#gauges = [
      [gauge('brink_gpu_utilization_ratio', 'Share of time in which a kernel ran, 0 to 1'), (gpu) => gpu.utilization],
      [gauge('brink_gpu_memory_used_bytes', 'Memory in use on a GPU'), (gpu) => gpu.memoryUsedBytes],
      [gauge('brink_gpu_memory_total_bytes', 'Memory of a GPU'), (gpu) => gpu.memoryTotalBytes],
      [gauge('brink_gpu_power_watts', 'Power that a GPU draws'), (gpu) => gpu.powerWatts],
      [gauge('brink_gpu_temperature_celsius', 'Temperature of a GPU'), (gpu) => gpu.temperatureCelsius],
    ];
  }

  write(gpus: readonly GpuFigures[]): void {
    this.#info.reset();
    for (const { index, uuid, name } of gpus) this.#info.set({ gpu: String(index), gpu_uuid: uuid, name }, 1);
    for (const [gauge, figureOf] of this.#gauges) {
      gauge.reset();
      for (const gpu of gpus) {
        const figure = figureOf(gpu);
        if (figure !== undefined) gauge.set({ gpu: String(gpu.index), gpu_uuid: gpu.uuid }, figure);
      }
    }
  }
}
