import { Gauge, type OpenMetricsContentType, Registry } from 'prom-client';
import { CellCounter, CellGauge, CellHistogram } from './cell-metrics.js';
import { CellFamily } from './cell-family.js';
import { CounterCell } from './counter-cell.js';
import { HistogramCell } from './histogram-cell.js';

export type ExpositionFormat = 'prometheus' | 'openmetrics';

export const contentTypeOf: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/**
 * What is shown, in both text formats. Each has a registry of its own, over the same cells: printing OpenMetrics
 * renames prom-client's counters for good.
 */
export class Exposition {
  readonly #prometheus = new Registry();
  readonly #openmetrics = new Registry<OpenMetricsContentType>();

  constructor() {
    this.#openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  }

  /** A name that does not end in `_total` keeps it in OpenMetrics too, as a gauge: a dashboard looks for the name. */
  counter(name: string, help: string): CellFamily<CounterCell> {
    const cells = new CellFamily(() => new CounterCell());
    this.#prometheus.registerMetric(new CellCounter({ name, help }, cells));
    const Shown = name.endsWith('_total') ? CellCounter : CellGauge;
    this.#openmetrics.registerMetric(new Shown({ name, help }, cells));
    return cells;
  }

  histogram(name: string, help: string, bounds: readonly number[]): CellFamily<HistogramCell> {
    const cells = new CellFamily(() => new HistogramCell(bounds));
    const metric = new CellHistogram({ name, help }, cells);
    this.#prometheus.registerMetric(metric);
    this.#openmetrics.registerMetric(metric);
    return cells;
  }

  gauge<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> {
    const gauge = new Gauge({ name, help, labelNames, registers: [] });
    this.#prometheus.registerMetric(gauge);
    this.#openmetrics.registerMetric(gauge);
    return gauge;
  }

  render(format: ExpositionFormat): Promise<string> {
    return (format === 'openmetrics' ? this.#openmetrics : this.#prometheus).metrics();
  }
}
