import type { ModelStatistics } from '../../../shared/protocol/serving-messages.js';
import { addedTo, bucketQuantile, type Buckets, bucketsOf } from './prometheus-text.js';

const loopDelayMetric = 'brink_event_loop_delay_seconds';
/** Of all runs: a batch that is rarer is no measure of what a full one is. */
const commonShareMin = 0.02;

export interface OriginAddress {
  readonly url: string;
  readonly metricsUrl: string | undefined;
}

/** A stretch of time over which the delay of the origin's event loop is asked for, by its own histogram. */
export class LoopDelayWatch {
  readonly #origin: OriginAddress;
  readonly #before: Buckets;

  private constructor(origin: OriginAddress, before: Buckets) {
    this.#origin = origin;
    this.#before = before;
  }

  static async begin(origin: OriginAddress): Promise<LoopDelayWatch> {
    return new LoopDelayWatch(origin, await loopDelays(origin));
  }

  /** NaN where the origin does not tell. */
  async p99Ms(): Promise<number> {
    return 1_000 * bucketQuantile(addedTo(this.#before, await loopDelays(this.#origin)), 0.99);
  }
}

async function loopDelays({ url, metricsUrl }: OriginAddress): Promise<Buckets> {
  const response = await fetch(metricsUrl ?? `${url}/metrics`);
  const text = await response.text();
  return response.ok ? bucketsOf(text, loopDelayMetric) : [];
}

/** How many runs there were of each batch size, by V2's statistics; empty where the origin has none. */
export async function batchCounts({ url }: OriginAddress, model: string): Promise<ReadonlyMap<number, number>> {
  const response = await fetch(`${url}/v2/models/${model}/stats`);
  const text = await response.text();
  if (!response.ok) return new Map();
  const { model_stats: stats } = JSON.parse(text) as { model_stats: readonly ModelStatistics[] };
  return new Map(
    stats.flatMap(({ batch_stats: batches }) =>
      batches.map(({ batch_size: size, compute_infer: { count } }) => [size, count] as const),
    ),
  );
}

/** The largest batch that was common between two readings; undefined when nothing ran. */
export function fullBatch(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number | undefined {
  const added = [...after].map(([size, count]) => [size, count - (before.get(size) ?? 0)] as const);
  const runs = added.reduce((all, [, count]) => all + count, 0);
  const common = added.filter(([, count]) => count > 0 && count >= commonShareMin * runs).map(([size]) => size);
  return common.length === 0 ? undefined : Math.max(...common);
}
