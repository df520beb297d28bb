import type { EventLoopDelay } from './event-loop-delay.js';
import type { Exposition } from './exposition.js';

export interface BuildInfo {
  readonly version: string;
  readonly onnxruntime: string;
}

/** An execution provider, and whether runners here can use it. */
export interface ProviderFigure {
  readonly provider: string;
  readonly available: boolean;
}

/** The server's own process. */
export class ServerGauges {
  readonly #resident;
  readonly #heapUsed;
  readonly #external;
  readonly #loopDelayMax;
  readonly #providers;
  readonly #cpu;

  constructor(exposition: Exposition, build: BuildInfo, startedAtMs: number) {
    exposition
      .gauge('brink_build_info', 'Always 1: what runs', ['version', 'onnxruntime', 'node'])
      .set({ version: build.version, onnxruntime: build.onnxruntime, node: process.versions.node }, 1);
    exposition
      .gauge('brink_server_start_time_seconds', 'When the server started, since the Unix epoch')
      .set(startedAtMs / 1_000);
    this.#resident = exposition.gauge('brink_server_resident_bytes', 'Resident memory of the server, without runners');
    this.#heapUsed = exposition.gauge('brink_server_heap_used_bytes', 'JavaScript heap in use');
    this.#external = exposition.gauge('brink_server_external_bytes', 'Memory of buffers outside the JavaScript heap');
    this.#loopDelayMax = exposition.gauge(
      'brink_event_loop_delay_max_seconds',
      'The longest that the event loop was late, in the last half to whole minute',
    );
    this.#providers = exposition.gauge('brink_provider_available', 'Whether runners can use a provider', ['provider']);
    this.#cpu = exposition.counter('brink_server_cpu_seconds_total', 'CPU time of the server, without runners');
  }

  write(loopDelay: Pick<EventLoopDelay, 'recentMaxMs'>, providers: readonly ProviderFigure[]): void {
    const { rss, heapUsed, external } = process.memoryUsage();
    this.#resident.set(rss);
    this.#heapUsed.set(heapUsed);
    this.#external.set(external);
    this.#loopDelayMax.set(loopDelay.recentMaxMs() / 1_000);
    this.#providers.reset();
    for (const { provider, available } of providers) this.#providers.set({ provider }, available ? 1 : 0);
    const { user, system } = process.cpuUsage();
    this.#cpu.clear();
    this.#cpu.at({}).add((user + system) / 1e6);
  }
}
