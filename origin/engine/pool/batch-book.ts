import { trimOldest } from '../../../shared/collections/trim-oldest.js';
import type { Manifest } from '../../../shared/manifest/manifest.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import { BatchAxis, type BatchAxisState } from '../batch/batch-axis.js';
import { BatchCost } from '../batch/batch-cost.js';
import type { CostLine } from '../batch/size-costs.js';
import { checkPadding } from '../batch/check-padding.js';
import { type Cut, padInputs } from '../batch/padding.js';
import type { RunResult } from '../runner.js';
import { batchableSignature, bucketOf, rowsOf } from '../batch/shape-bucket.js';

/** What runs cost is kept for so many shapes of a version; those that were used least recently are forgotten. */
const bucketsMax = 256;

export interface BatchBookParts {
  readonly signatures: Readonly<Record<string, Signature>>;
  /** The graph that the version's padding is about: what V2 `infer` runs. */
  readonly inferGraph: string | null;
  readonly batching: Manifest['batching'];
  /** Whether runs take this machine's cores: what a batch saves is then told by processor time, not by the clock. */
  readonly onCpu: boolean;
  /** The operator's own cap. */
  readonly maxBatch: number;
}

/** Where a run belongs, and its inputs as they are run: padded, where the version says so. */
export interface Placed {
  readonly bucket: string;
  readonly rows: number;
  readonly inputs: readonly Tensor[];
  /** What the padding adds to the outputs. */
  readonly cuts: readonly Cut[];
}

/** What is known of a version's batching: which graphs have a batch axis, and what runs cost, by shape. */
export class BatchBook {
  /** The most rows of one run; 1: never batched. */
  readonly maxBatch: number;
  readonly #parts: BatchBookParts;
  readonly #axes = new Map<string, BatchAxis>();
  readonly #costs = new Map<string, BatchCost>();
  /** By bucket, what was measured where the version was published. */
  #priors: ReadonlyMap<string, CostLine> = new Map();

  /** Throws `invalid-manifest` for a padding that does not fit the graphs. */
  constructor(parts: BatchBookParts) {
    this.#parts = parts;
    const { inferGraph, batching } = parts;
    const signature = inferGraph === null ? undefined : parts.signatures[inferGraph];
    if (batching?.padding !== undefined && signature !== undefined) checkPadding(batching.padding, signature);
    this.maxBatch = Math.min(parts.maxBatch, parts.batching?.maxBatch ?? Infinity);
    for (const [graph, signature] of Object.entries(parts.signatures)) {
      if (this.maxBatch > 1 && batchableSignature(signature)) this.#axes.set(graph, new BatchAxis());
    }
  }

  /** Undefined: this graph is never batched. */
  axisOf(graph: string): BatchAxis | undefined {
    const axis = this.#axes.get(graph);
    return axis?.state === 'not-a-batch' ? undefined : axis;
  }

  /** Of the whole version, for people: that of the graph that is known best. */
  get axis(): BatchAxisState {
    const states = [...this.#axes.values()].map(({ state }) => state);
    if (states.includes('independent')) return 'independent';
    return states.length > 0 && states.every((state) => state === 'untried') ? 'untried' : 'not-a-batch';
  }

  /** Where a run belongs. Inputs without a common first axis share a batch with nobody. */
  place(graph: string, sent: readonly Tensor[]): Placed {
    const padding = this.#parts.batching?.padding;
    // Always, batched or not: an answer must not depend on who else is asking.
    const pads = padding !== undefined && graph === this.#parts.inferGraph;
    const { inputs, cuts } = pads ? padInputs(sent, padding) : { inputs: sent, cuts: [] };
    const rows = rowsOf(inputs);
    const bucket = bucketOf(graph, inputs);
    return rows === undefined ? { bucket: `${bucket} whole`, rows: 1, inputs, cuts } : { bucket, rows, inputs, cuts };
  }

  /** Begins from what was measured elsewhere, for the shapes that were; own measurements take its place. */
  startFrom(priors: ReadonlyMap<string, CostLine>): void {
    this.#priors = priors;
    for (const [bucket, cost] of this.#costs) cost.expect(priors.get(bucket));
  }

  /** What runs of this bucket cost. */
  costOf(bucket: string): BatchCost {
    const cost = this.#costs.get(bucket) ?? this.#newCost(bucket);
    this.#costs.delete(bucket);
    this.#costs.set(bucket, cost);
    trimOldest(this.#costs, bucketsMax);
    return cost;
  }

  #newCost(bucket: string): BatchCost {
    const cost = new BatchCost();
    cost.expect(this.#priors.get(bucket));
    return cost;
  }

  /** A run of so many rows has been made. */
  observe(bucket: string, rows: number, { inferMs, cpuMs }: Pick<RunResult, 'inferMs' | 'cpuMs'>): void {
    this.costOf(bucket).observe(rows, inferMs, this.#parts.onCpu ? cpuMs : inferMs);
  }

  /** The most rows that pay in one run. */
  rowsLimit(graph: string, bucket: string): number {
    return this.axisOf(graph)?.state === 'independent' ? this.costOf(bucket).rowsLimit(this.maxBatch) : 1;
  }

  /** Of one row by itself, over all buckets that are known: the dearest. Undefined before the first run. */
  runMs(): number | undefined {
    const known = [...this.#costs.values()].map((cost) => cost.estimateMs(1)).filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  }
}
