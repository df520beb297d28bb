import type Long from 'long';

/** A 64-bit integer as protobufjs gives it; numbers are taken too. */
export type Int64 = Long | number;

/** The messages of onnx.proto, as far as graphs are changed here. What no pass changes are bytes: they stay as they came. */
export interface ModelProto {
  irVersion?: Int64;
  producerName?: string;
  graph: GraphProto;
  opsetImport: OperatorSet[];
}

export interface OperatorSet {
  domain?: string;
  version?: Int64;
}

export interface GraphProto {
  name?: string;
  node: NodeProto[];
  initializer: TensorProto[];
  /** Encoded ValueInfoProto. */
  input: Uint8Array[];
  output: Uint8Array[];
  valueInfo: Uint8Array[];
}

export interface NodeProto {
  opType: string;
  domain?: string;
  name?: string;
  /** An empty name: an optional input that is not given. */
  input: string[];
  output: string[];
  attribute: AttributeProto[];
}

export interface AttributeProto {
  name: string;
  /** AttributeProto.AttributeType: `attributeTypes`. */
  type?: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  /** Null, as protobufjs says it: none. */
  t?: TensorProto | null;
  g?: GraphProto | null;
  floats?: number[];
  ints?: Int64[];
  strings?: Uint8Array[];
  graphs?: GraphProto[];
}

export interface TensorProto {
  name?: string;
  dims: Int64[];
  /** TensorProto.DataType: `elementTypes`. */
  dataType: number;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: Int64[];
  doubleData?: number[];
  uint64Data?: Int64[];
  stringData?: Uint8Array[];
  externalData?: { key?: string; value?: string }[];
  dataLocation?: number;
}

export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const; // prettier-ignore

/** TensorProto.DataType, as far as passes read or write them. */
export const elementTypes = {
  float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, double: 11,
} as const; // prettier-ignore
