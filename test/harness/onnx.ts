import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import { type Datatype, datatypes } from '../../shared/protocol/datatype.js';
import type { Signature, TensorSpec } from '../../shared/protocol/tensor.js';

/** Tiny ONNX graphs, made in memory: no third-party model is needed to test an engine. */
const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;

type Node = OnnxProto.onnx.INodeProto;
type Attribute = OnnxProto.onnx.IAttributeProto;
type Initializer = OnnxProto.onnx.ITensorProto;
type Graph = OnnxProto.onnx.IGraphProto;

const elementTypes: Readonly<Record<Datatype, number>> = {
  FP32: 1, UINT8: 2, INT8: 3, UINT16: 4, INT16: 5, INT32: 6, INT64: 7, BYTES: 8, BOOL: 9, FP16: 10, FP64: 11,
  UINT32: 12, UINT64: 13,
}; // prettier-ignore

/** A model as tests use it: the bytes and what they take and give. */
export interface TestModel {
  readonly bytes: Uint8Array;
  readonly signature: Signature;
  /** External weights by file name; most have none. */
  readonly externalData: Readonly<Record<string, Uint8Array>>;
}

export const spec = (name: string, datatype: Datatype, shape: readonly number[]): TensorSpec => ({
  name,
  datatype,
  shape: [...shape],
});

function valueInfo({ name, datatype, shape }: TensorSpec): OnnxProto.onnx.IValueInfoProto {
  const dim = shape.map((size, axis) => (size < 0 ? { dimParam: `${name}_${axis}` } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: elementTypes[datatype], shape: { dim } } } };
}

export function node(opType: string, input: string[], output: string[], attribute: Attribute[] = []): Node {
  return { opType, input, output, attribute };
}

export const int = (name: string, i: number): Attribute => ({ name, type: onnx.AttributeProto.AttributeType.INT, i });

export const text = (name: string, value: string): Attribute => ({
  name,
  type: onnx.AttributeProto.AttributeType.STRING,
  s: new TextEncoder().encode(value),
});

export const float = (name: string, f: number): Attribute => ({
  name,
  type: onnx.AttributeProto.AttributeType.FLOAT,
  f,
});

export const ints = (name: string, values: number[]): Attribute => ({
  name,
  type: onnx.AttributeProto.AttributeType.INTS,
  ints: values,
});

export const floats = (name: string, dims: number[], values: Float32Array): Initializer => ({
  name,
  dims,
  dataType: elementTypes.FP32,
  rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

export const int64s = (name: string, dims: number[], values: readonly number[]): Initializer => ({
  name,
  dims,
  dataType: elementTypes.INT64,
  rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

const graphOf = (signature: Signature, nodes: Node[], initializer: Initializer[]): Graph => ({
  name: 'graph',
  node: nodes,
  input: signature.inputs.map(valueInfo),
  output: signature.outputs.map(valueInfo),
  initializer,
});

/** IR version 8, and opset 15 unless told otherwise: what both runtimes have known for years. */
function encodeGraph(graph: Graph, opset = 15): Uint8Array {
  const opsetImport = [{ domain: '', version: opset }];
  const model = onnx.ModelProto.create({ irVersion: 8, opsetImport, producerName: 'brink-test', graph });
  return new Uint8Array(onnx.ModelProto.encode(model).finish());
}

/** A model from its nodes. */
export function makeModel(
  signature: Signature,
  nodes: Node[],
  initializers: Initializer[] = [],
  opset?: number,
): TestModel {
  return { bytes: encodeGraph(graphOf(signature, nodes, initializers), opset), signature, externalData: {} };
}

/** Thirteen inputs, one of each datatype, each handed back as it came: `in_FP32` → `out_FP32`. */
export function echoModel(): TestModel {
  const signature = {
    inputs: datatypes.map((datatype) => spec(`in_${datatype}`, datatype, [-1])),
    outputs: datatypes.map((datatype) => spec(`out_${datatype}`, datatype, [-1])),
  };
  return makeModel(
    signature,
    datatypes.map((datatype) => node('Identity', [`in_${datatype}`], [`out_${datatype}`])),
  );
}

const doubleSignature: Signature = { inputs: [spec('x', 'FP32', [-1, 4])], outputs: [spec('y', 'FP32', [-1, 4])] };
const diagonal = (value: number): Float32Array =>
  Float32Array.from({ length: 16 }, (_, index) => (index % 5 === 0 ? value : 0));

/** y = x · (factor · I) + 0, of shape [-1, 4]: y = 2x unless told otherwise. */
export function doubleModel(factor = 2): TestModel {
  return makeModel(
    doubleSignature,
    [node('MatMul', ['x', 'w'], ['product']), node('Add', ['product', 'b'], ['y'])],
    [floats('w', [4, 4], diagonal(factor)), floats('b', [4], new Float32Array(4))],
  );
}

/** `doubleModel` with its weights in a file of their own. */
export function externalDoubleModel(fileName = 'weights.bin', factor = 2): TestModel {
  const weights = diagonal(factor);
  const external: Initializer = {
    name: 'w',
    dims: [4, 4],
    dataType: elementTypes.FP32,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: fileName },
      { key: 'offset', value: '0' },
      { key: 'length', value: String(weights.byteLength) },
    ],
  };
  const model = makeModel(doubleSignature, [node('MatMul', ['x', 'w'], ['y'])], [external]);
  return { ...model, externalData: { [fileName]: new Uint8Array(weights.buffer) } };
}

/** Reshapes a vector to [-1, 4]: fails at run, not at load, for a length that is no multiple of 4. */
export function reshapeModel(): TestModel {
  const signature = { inputs: [spec('x', 'FP32', [-1])], outputs: [spec('y', 'FP32', [-1, 4])] };
  return makeModel(signature, [node('Reshape', ['x', 'shape'], ['y'])], [int64s('shape', [2], [-1, 4])]);
}

/** Picks from a table of 4 rows: fails at run for an index that is not there. */
export function gatherModel(): TestModel {
  const signature = { inputs: [spec('index', 'INT64', [-1])], outputs: [spec('y', 'FP32', [-1])] };
  return makeModel(
    signature,
    [node('Gather', ['table', 'index'], ['y'])],
    [floats('table', [4], Float32Array.of(1, 2, 3, 4))],
  );
}

/** Fills `elements` floats and answers their maximum: takes 4 × `elements` bytes at run. */
export function hogModel(): TestModel {
  const signature = { inputs: [spec('elements', 'INT64', [1])], outputs: [spec('max', 'FP32', [1])] };
  return makeModel(signature, [
    node('ConstantOfShape', ['elements'], ['filled']),
    node('ReduceMax', ['filled'], ['max'], [int('keepdims', 1)]),
  ]);
}

const matrixSize = 192;

/** Multiplies 192×192 matrices as often as the tensor `steps` says (about 1 ms each on one core); `end` is all zeros. */
function multiplications(steps: string): { readonly nodes: Node[]; readonly initializers: Initializer[] } {
  const state = [matrixSize, matrixSize];
  const body: Graph = {
    name: 'body',
    node: [
      node('Identity', ['go_on'], ['goes_on']),
      node('MatMul', ['state', 'w'], ['product']),
      node('Add', ['product', 'state'], ['next']),
    ],
    input: [spec('step', 'INT64', []), spec('go_on', 'BOOL', []), spec('state', 'FP32', state)].map(valueInfo),
    output: [spec('goes_on', 'BOOL', []), spec('next', 'FP32', state)].map(valueInfo),
  };
  const loop: Attribute = { name: 'body', type: onnx.AttributeProto.AttributeType.GRAPH, g: body };
  return {
    nodes: [node('ConstantOfShape', ['size'], ['start']), node('Loop', [steps, '', 'start'], ['end'], [loop])],
    initializers: [int64s('size', [2], state), floats('w', state, new Float32Array(matrixSize ** 2))],
  };
}

/** Multiplies matrices `steps` times and answers the mean of the last: 0. */
export function slowModel(): TestModel {
  const signature = { inputs: [spec('steps', 'INT64', [1])], outputs: [spec('mean', 'FP32', [1, 1])] };
  const { nodes, initializers } = multiplications('steps');
  const mean = node('ReduceMean', ['end'], ['mean'], [int('keepdims', 1)]);
  return makeModel(signature, [...nodes, mean], initializers);
}

/** Entries of `workModel`'s table. */
export const workTableSize = 256;

/**
 * One row asks for `steps` multiplications and for entry `index` of a table, which holds 2 × `index`. The rows of a
 * batch share the work: it takes as long as its longest row, and at least 8 steps. An index that is not in the table
 * fails the run of all who share it.
 */
export function workModel(): TestModel {
  const signature = {
    inputs: [spec('steps', 'INT64', [-1, 1]), spec('index', 'INT64', [-1, 1])],
    outputs: [spec('y', 'FP32', [-1, 1])],
  };
  const { nodes, initializers } = multiplications('count');
  return makeModel(
    signature,
    [
      node('ReduceMax', ['steps'], ['longest'], [int('keepdims', 0)]),
      node('Add', ['longest', 'least'], ['count']),
      ...nodes,
      node('ReduceMean', ['end'], ['zero'], [int('keepdims', 1)]),
      node('Gather', ['table', 'index'], ['entry']),
      node('Add', ['entry', 'zero'], ['y']),
    ],
    [
      ...initializers,
      int64s('least', [], [8]),
      floats(
        'table',
        [workTableSize],
        Float32Array.from({ length: workTableSize }, (_, index) => 2 * index),
      ),
    ],
  );
}

/** y = x less the mean over axis 0, of shape [-1, 4]: looks as if it had a batch axis, but its rows see each other. */
export function centringModel(): TestModel {
  const mean = node('ReduceMean', ['x'], ['mean'], [ints('axes', [0]), int('keepdims', 1)]);
  return makeModel(doubleSignature, [mean, node('Sub', ['x', 'mean'], ['y'])]);
}

/** y = x + 1, by way of a constant of so many gibibytes: a graph of under 200 bytes that nobody can run. */
export function bombModel(gibibytes = 8): TestModel {
  const signature = { inputs: [spec('x', 'FP32', [1])], outputs: [spec('y', 'FP32', [1])] };
  return makeModel(
    signature,
    [
      node('Expand', ['one', 'elements'], ['filled']),
      node('ReduceMax', ['filled'], ['max'], [int('keepdims', 1)]),
      node('Add', ['max', 'x'], ['y']),
    ],
    [floats('one', [1], Float32Array.of(1)), int64s('elements', [1], [gibibytes * 2 ** 28])],
  );
}

const fp32Input = [spec('x', 'FP32', [1])].map(valueInfo);

/** Graphs whose output has a type that the protocol does not have: a sequence of tensors, and BFLOAT16. */
export function unsupportedModels(): Readonly<Record<'sequence' | 'bfloat16', Uint8Array>> {
  const tensorType = { elemType: 1, shape: { dim: [{ dimValue: 1 }] } };
  const bfloat16 = 16;
  const encode = (nodes: Node[], type: OnnxProto.onnx.ITypeProto): Uint8Array =>
    encodeGraph({ name: 'graph', node: nodes, input: fp32Input, output: [{ name: 'y', type }] });
  return {
    sequence: encode([node('SequenceConstruct', ['x'], ['y'])], { sequenceType: { elemType: { tensorType } } }),
    bfloat16: encode([node('Cast', ['x'], ['y'], [int('to', bfloat16)])], {
      tensorType: { ...tensorType, elemType: bfloat16 },
    }),
  };
}
