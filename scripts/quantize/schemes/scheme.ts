import type { EditableModel } from '../graph/editable-model.js';
import type { QuantizableOperator } from '../operators/quantizable-operator.js';
import type { ValueRanges } from '../calibrate/value-ranges.js';

/**
 * How an operator is quantized.
 * - `fp16-weights`, `int8-weights`, `int4-weights`: the weights alone, dequantized whenever the graph runs; arithmetic in fp32.
 * - `dynamic-int8`: inputs quantized to 8 bits by their range in each run, arithmetic in integers.
 * - `static-int8`: inputs and outputs quantized by ranges that were calibrated.
 */
export const schemeNames = ['fp32', 'fp16-weights', 'int8-weights', 'int4-weights', 'dynamic-int8', 'static-int8'] as const; // prettier-ignore
export type SchemeName = (typeof schemeNames)[number];

export interface SchemeContext {
  /** Of the model's values, by name; empty where nothing was calibrated. */
  readonly ranges: ValueRanges;
}

/** A text says why an operator stays as it is; the model is then unchanged. */
export type Applied = true | string;

/**
 * Quantizes one operator in its graph: the node is replaced where it stands, the name of its output stays, so do the
 * operators around it. What it no longer takes is dropped when the model is finished.
 */
export type Scheme = (model: EditableModel, operator: QuantizableOperator, context: SchemeContext) => Applied;
