import { Counter, Gauge, Histogram } from 'prom-client';
import type { CellFamily, Labels } from './cell-family.js';
import type { CounterCell } from './counter-cell.js';
import type { HistogramCell } from './histogram-cell.js';

export interface MetricHead {
  readonly name: string;
  readonly help: string;
}

interface Sample {
  readonly value: number;
  readonly labels: Labels;
}

/** A counter of prom-client's that takes its values from cells when it is asked for them. */
export class CellCounter extends Counter {
  readonly #cells: CellFamily<CounterCell>;

  constructor(head: MetricHead, cells: CellFamily<CounterCell>) {
    super({ ...head, registers: [] });
    this.#cells = cells;
  }

  override async get(): ReturnType<Counter['get']> {
    return { ...(await super.get()), values: samplesOf(this.#cells) };
  }
}

/** The same shown as a gauge: OpenMetrics adds `_total` to the name of every counter. */
export class CellGauge extends Gauge {
  readonly #cells: CellFamily<CounterCell>;

  constructor(head: MetricHead, cells: CellFamily<CounterCell>) {
    super({ ...head, registers: [] });
    this.#cells = cells;
  }

  override async get(): ReturnType<Gauge['get']> {
    return { ...(await super.get()), values: samplesOf(this.#cells) };
  }
}

function samplesOf(cells: CellFamily<CounterCell>): Sample[] {
  return cells.all().map(({ labels, cell }) => ({ value: cell.value, labels }));
}

interface BucketSample {
  readonly metricName: string;
  readonly value: number;
  /** Beside `sharedLabels`: prom-client writes those once for all buckets. */
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Labels;
}

/** A histogram of prom-client's that takes its values from cells when it is asked for them. */
export class CellHistogram extends Histogram {
  readonly #head: MetricHead;
  readonly #cells: CellFamily<HistogramCell>;

  constructor(head: MetricHead, cells: CellFamily<HistogramCell>) {
    super({ ...head, registers: [] });
    this.#head = head;
    this.#cells = cells;
  }

  /** What prom-client's registry prints, and its own `get` is made of. */
  getForPromString(): Promise<MetricHead & { type: 'histogram'; values: BucketSample[] }> {
    const values = this.#cells.all().flatMap(({ labels, cell }) => this.#samples(labels, cell));
    return Promise.resolve({ ...this.#head, type: 'histogram', aggregator: 'sum', values });
  }

  #samples(sharedLabels: Labels, { bounds, counts, sum, count }: HistogramCell): BucketSample[] {
    const { name } = this.#head;
    let below = 0;
    const buckets = bounds.map((le, index) => {
      below += counts[index] ?? 0;
      return { metricName: `${name}_bucket`, value: below, labels: { le }, sharedLabels };
    });
    return [
      ...buckets,
      { metricName: `${name}_bucket`, value: count, labels: { le: '+Inf' }, sharedLabels },
      { metricName: `${name}_sum`, value: sum, labels: {}, sharedLabels },
      { metricName: `${name}_count`, value: count, labels: {}, sharedLabels },
    ];
  }
}
