import type { EdgeFigures, Measurements } from '../../../shared/measure/measurements.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import type { GraphBytes } from '../throw-away-runner.js';

/** All graphs of the version in one isolate, as it is served. */
export type IsolateFigures = NonNullable<Measurements['isolate']>;

/** Whole shapes, by input. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A graph as it is to be stored, and what is known of the inputs that it gets. */
export interface GraphToMeasure {
  readonly graph: GraphBytes;
  readonly optimised: boolean;
  /** As served: the definition's where it has one. */
  readonly signature: Signature;
  /** The definition's `largest`. */
  readonly largest?: Shapes | undefined;
  /** Inputs that are known to be good, of any shapes. */
  readonly examples?: readonly (readonly Tensor[])[];
}

/** What an isolate of the edge may hold. */
export interface EdgeBudget {
  /** All of it: the platform ends an isolate that takes more. */
  readonly isolateBytes: number;
  /** The wasm heap: the edge has it end here (`EDGE_HEAP_MAX_MIB`). */
  readonly heapBytes: number;
  /** What an isolate takes before it has a model: compiled code, the runtime's own objects. */
  readonly baseBytes: number;
}

const bytesPerMib = 1024 * 1024;
export const defaultBudget: EdgeBudget = {
  isolateBytes: 128 * bytesPerMib,
  heapBytes: 96 * bytesPerMib,
  baseBytes: 12 * bytesPerMib,
};

/** Every graph ran at the edge, alone and together. */
export interface MeasuredAtEdge {
  readonly fits: true;
  /** By graph; a graph that refused all inputs that were made for it is not in it. */
  readonly edge: Readonly<Record<string, EdgeFigures>>;
  readonly isolate: IsolateFigures;
  /** Graphs that were loaded and not run: nothing is known that they take. */
  readonly notRun: readonly string[];
}

/** A graph, or all of them together, did not get through under the heap's limit. */
export interface UnfitForEdge {
  readonly fits: false;
  /** Null: each graph fits alone, and all of them together do not. */
  readonly graph: string | null;
  readonly reason: 'heap' | 'time' | 'engine';
  readonly heapBytesMax: number;
  /** What the heap grew to where nothing limited it; null where that did not work out either. */
  readonly heapPeakBytes: number | null;
  readonly artifactBytes: number;
  /** With which it failed, by input; null: it failed when it was loaded, or it is about several graphs. */
  readonly shapes: Shapes | null;
  /** onnxruntime's own words, or ours. */
  readonly said: string;
}

export type EdgeMeasurement = MeasuredAtEdge | UnfitForEdge;
