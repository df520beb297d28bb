import type * as OnnxProto from 'onnx-proto';
import { subgraphDepthMax } from '../../../../scripts/publish/graph/graph-limits.js';
import { bombModel, doubleModel } from '../../../harness/onnx.js';
import { external, tensors } from './hostile-tensors.js';
import { encode, type HostileModel, identity, type Model, model, type Node, onnx, two, value } from './make-hostile.js';

export type { HostileModel } from './make-hostile.js';

type Function = NonNullable<Model['functions']>[number];
const call = (name: string, times = 1): Node[] =>
  Array.from({ length: times }, () => ({ opType: name, domain: 'own', input: ['x'], output: ['y'] }));
const fn = (name: string, node: Node[]): Function => ({ name, domain: 'own', input: ['x'], output: ['y'], node });
const withFunctions = (functions: Function[]): Uint8Array => model({ node: call('f0'), functions });
const chain = (length: number, times: number): Function[] =>
  Array.from({ length }, (_, at) => fn(`f${at}`, at === length - 1 ? [identity] : call(`f${at + 1}`, times)));

const functions: readonly HostileModel[] = [
  {
    name: 'an operator from somewhere else',
    bytes: model({ node: [{ ...identity, domain: 'evil' }] }),
    refused: /"Identity" of domain "evil"/,
  },
  {
    name: 'a function that calls itself',
    bytes: withFunctions([fn('f0', call('f0'))]),
    refused: /do not call themselves/,
  },
  {
    name: 'functions that call each other',
    bytes: withFunctions([fn('f0', call('f1')), fn('f1', call('f0'))]),
    refused: /do not call themselves/,
  },
  { name: 'functions that double 30 times', bytes: withFunctions(chain(30, 2)), refused: /at most 1000000 nodes/ },
  { name: 'functions 1,000 deep', bytes: withFunctions(chain(1_000, 1)), refused: /at most 64 deep/ },
  {
    name: 'a function twice',
    bytes: withFunctions([fn('f0', [identity]), fn('f0', [identity])]),
    refused: /"f0" twice/,
  },
];

/** A field of bytes (protobuf, wire type 2), its number and length as varints. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  const varint = (whole: number): number[] => {
    const out: number[] = [];
    for (let left = whole; ; left = Math.floor(left / 128)) {
      out.push(left < 128 ? left : (left % 128) + 128);
      if (left < 128) return out;
    }
  };
  return Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]);
}

/** What a function leaves to those who call it, as `FunctionProto.attribute_proto` (11), which onnx-proto does not know. */
function withDefault(attribute: OnnxProto.onnx.IAttributeProto): Uint8Array {
  const encoded = onnx.AttributeProto.encode(onnx.AttributeProto.create(attribute)).finish();
  const body = Buffer.concat([
    field(1, Buffer.from('f0')),
    field(7, onnx.NodeProto.encode(onnx.NodeProto.create(identity)).finish()),
    field(10, Buffer.from('own')),
    field(11, encoded),
  ]);
  return Buffer.concat([model({ node: call('f0') }), field(25, body)]);
}

const defaults: readonly HostileModel[] = [
  {
    name: "a function's default in another file",
    bytes: withDefault({
      name: 'w',
      type: onnx.AttributeProto.AttributeType.TENSOR,
      t: {
        ...two,
        dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
        externalData: [{ key: 'location', value: 'graph.onnx' }],
      },
    }),
    refused: /external data files \(none\)/,
  },
  {
    name: 'a function whose default calls it',
    bytes: withDefault({
      name: 'then',
      type: onnx.AttributeProto.AttributeType.GRAPH,
      g: { name: 'g', node: call('f0'), output: [value('y')] },
    }),
    refused: /do not call themselves/,
  },
];

/** Graphs in each other, made by hand: what makes messages recurses. */
function nested(depth: number): Uint8Array {
  const wrapped = field;
  let graph: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < depth; at += 1) graph = wrapped(1, wrapped(5, wrapped(6, graph)));
  return Uint8Array.from([8, 8, ...wrapped(7, graph)]); // IR version 8
}

const sparseConstant = (dims: number[]): Node => ({
  opType: 'Constant',
  output: ['y'],
  attribute: [
    {
      name: 'sparse_value',
      type: onnx.AttributeProto.AttributeType.SPARSE_TENSOR,
      sparseTensor: {
        values: { name: 'v', dims: [1], dataType: 1, floatData: [1] },
        indices: { dims: [1], dataType: 7, int64Data: [0] },
        dims,
      },
    },
  ],
});

const whole: readonly HostileModel[] = [
  { name: 'nothing', bytes: new Uint8Array(0), refused: /a model with an IR version and a graph/ },
  {
    name: 'a page of HTML',
    bytes: new TextEncoder().encode('<!doctype html><title>404</title>'),
    refused: /in the ONNX format/,
  },
  { name: 'the end missing', bytes: doubleModel().bytes.subarray(0, -3), refused: /in the ONNX format/ },
  {
    name: 'a second graph',
    bytes: Buffer.concat([doubleModel().bytes, encode({ graph: { name: 'other' } })]),
    refused: /field 7 of a ModelProto once/,
  },
  {
    name: 'two versions of a domain',
    bytes: model({
      opsetImport: [
        { domain: '', version: 15 },
        { domain: 'ai.onnx', version: 9 },
      ],
    }),
    refused: /two of ""/,
  },
  { name: 'graphs a little too deep', bytes: nested(subgraphDepthMax + 2), refused: /at most 16 deep/ },
  { name: 'graphs 3,000 deep', bytes: nested(3_000), refused: /at most 16 deep/ },
  { name: '200,001 nodes', bytes: model({ node: new Array<Node>(200_001).fill({}) }), refused: /at most 200000 nodes/ },
  {
    name: '200,001 entries of metadata',
    bytes: model({ metadataProps: new Array<object>(200_001).fill({}) }),
    refused: /at most 200000 entries of metadata/,
  },
  {
    name: 'a sparse tensor of 4 GB in 60 bytes',
    bytes: model({ node: [sparseConstant([2 ** 15, 2 ** 15])] }),
    refused: /at most 134217728 elements once they are dense/,
  },
  {
    name: 'instructions to train it',
    bytes: Buffer.concat([model(), field(20, new Uint8Array(0))]),
    refused: /instructions to train/,
  },
  { name: 'an operator that there is not', bytes: model({ node: [{ ...identity, opType: 'Abracadabra' }] }) },
  { name: 'a circle of nodes', bytes: model({ node: [{ ...identity, input: ['y'], output: ['y'] }] }) },
  { name: 'a constant of 8 GB in 120 bytes', bytes: bombModel().bytes },
];

/** Everything that the gate, or the process behind it, must stop. Run it again whenever the pin of onnxruntime moves. */
export const hostileModels: readonly HostileModel[] = [...tensors, ...external, ...functions, ...defaults, ...whole];
