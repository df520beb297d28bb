/**
 * What a `.onnx` file holds, as far as a gate and an inspection need it: weights are counted, never copied. Names are
 * those of onnx.proto3 (IR version 11).
 */
export interface OnnxModel {
  readonly irVersion: number;
  /** Name and version of the exporter; '' when it names none. */
  readonly producer: string;
  /** Operator sets by domain; '' is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
  readonly functions: readonly OnnxFunction[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Types of values in between, where the file tells them. */
  readonly values: readonly OnnxValue[];
}

/** A function of the model's own, which a node calls by its domain and name. */
export interface OnnxFunction {
  readonly domain: string;
  readonly name: string;
  readonly overload: string;
  /** What its nodes refer to where a call does not say it: values, tensors, graphs. */
  readonly defaults: readonly OnnxAttribute[];
  readonly nodes: readonly OnnxNode[];
}

export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly OnnxAttribute[];
  /** The `NodeProto` itself, a view of the file. */
  readonly bytes: Uint8Array;
}

export interface OnnxAttribute {
  readonly name: string;
  readonly i: number | bigint | undefined;
  readonly s: string | undefined;
  /** The first of them: a kernel's sizes, strides, pads. */
  readonly ints: readonly (number | bigint)[];
  readonly tensors: readonly OnnxTensor[];
  readonly graphs: readonly OnnxGraph[];
}

export interface OnnxTensor {
  readonly name: string;
  /** `TensorProto.DataType`. */
  readonly dataType: number;
  readonly dims: readonly bigint[];
  /** Bytes of `raw_data`; undefined without it. */
  readonly rawBytes: number | undefined;
  /** Elements of each of the other value fields that has any, by the field's name. */
  readonly elements: ReadonlyMap<string, number>;
  /** Entries of `external_data`; undefined where the values are in this file. */
  readonly external: ReadonlyMap<string, string> | undefined;
}

/** A value's type. A size of -1 is open; undefined: no tensor, or of any rank. */
export interface OnnxValue {
  readonly name: string;
  readonly elementType: number | undefined;
  readonly shape: readonly number[] | undefined;
}
