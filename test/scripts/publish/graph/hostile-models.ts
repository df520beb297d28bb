import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import { subgraphDepthMax } from '../../../../scripts/publish/graph/graph-limits.js';
import { bombModel, doubleModel } from '../../../harness/onnx.js';

const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;
type Model = OnnxProto.onnx.IModelProto;
type Tensor = OnnxProto.onnx.ITensorProto;
type Node = OnnxProto.onnx.INodeProto;

/** A model that somebody has made to harm, or broken by accident. */
export interface HostileModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Files beside it, as the publisher declared them. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** What the gate says. Absent: the gate lets it pass, and loading it in a process of its own is what fails. */
  readonly refused?: RegExp;
}

const encode = (model: Model): Uint8Array =>
  new Uint8Array(onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish());

const floatType = { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } };
const value = (name: string) => ({ name, type: floatType });
const identity: Node = { opType: 'Identity', input: ['x'], output: ['y'] };

function model(more: { initializer?: Tensor[]; node?: Node[] } & Omit<Model, 'graph'> = {}): Uint8Array {
  const { initializer = [], node = [identity], ...rest } = more;
  return encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 15 }],
    graph: { name: 'g', node, initializer, input: [value('x')], output: [value('y')] },
    ...rest,
  });
}

const weights = new Uint8Array(64);
const two = { name: 'w', dims: [2], dataType: 1 };
const withTensor = (tensor: Tensor): Uint8Array => model({ initializer: [tensor] });
const withExternal = (entries: Readonly<Record<string, string>>, tensor: Tensor = { ...two }): Uint8Array =>
  withTensor({
    ...tensor,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, text]) => ({ key, value: text })),
  });

const tensors: readonly HostileModel[] = [
  {
    name: 'two value fields in one tensor',
    bytes: withTensor({ ...two, floatData: [1, 2], rawData: new Uint8Array(8) }),
    refused: /values in one field, got float_data and raw_data/,
  },
  {
    name: 'too few raw bytes',
    bytes: withTensor({ ...two, rawData: new Uint8Array(7) }),
    refused: /8 bytes of raw_data/,
  },
  {
    name: 'too many values',
    bytes: withTensor({ ...two, floatData: [1, 2, 3] }),
    refused: /2 values in float_data.*got 3/,
  },
  { name: 'no values at all', bytes: withTensor({ ...two }), refused: /2 values in float_data.*got 0/ },
  { name: 'a shape of 10 TB', bytes: withTensor({ ...two, dims: [2_500_000_000_000] }), refused: /got 0/ },
  {
    name: 'a shape whose product wraps around 2^64',
    bytes: withTensor({ ...two, dims: [2 ** 32, 2 ** 32], rawData: new Uint8Array(0) }),
    refused: /73786976294838206464 bytes/,
  },
  { name: 'a negative size', bytes: withTensor({ ...two, dims: [-2], floatData: [1, 2] }), refused: /sizes from 0/ },
  { name: 'an element type that is none', bytes: withTensor({ ...two, dataType: 99 }), refused: /element type.*99/ },
  {
    name: 'values of another type',
    bytes: withTensor({ ...two, int64Data: [1, 2] }),
    refused: /float_data or raw_data, got int64_data/,
  },
  {
    name: 'strings as raw bytes',
    bytes: withTensor({ ...two, dataType: 8, rawData: new Uint8Array(8) }),
    refused: /raw_data/,
  },
  { name: '64 axes', bytes: withTensor({ ...two, dims: new Array<number>(64).fill(1) }), refused: /at most 32 axes/ },
  { name: 'a segment', bytes: withTensor({ ...two, segment: { begin: 0, end: 1 } }), refused: /segment/ },
  {
    name: 'a constant with values that are not there',
    bytes: model({
      node: [
        {
          opType: 'Constant',
          output: ['y'],
          attribute: [{ name: 'value', type: onnx.AttributeProto.AttributeType.TENSOR, t: { ...two } }],
        },
      ],
    }),
    refused: /2 values in float_data/,
  },
];

const external: readonly HostileModel[] = [
  {
    name: 'a path upwards',
    bytes: withExternal({ location: '../../etc/passwd' }),
    refused: /without a path.*etc\/passwd/,
  },
  { name: 'an absolute path', bytes: withExternal({ location: '/etc/passwd' }), refused: /without a path/ },
  {
    name: 'a path that looks like a name',
    bytes: withExternal({ location: 'w.bin/../../x' }),
    refused: /without a path/,
  },
  {
    name: 'a name that was not declared',
    bytes: withExternal({ location: 'w.bin' }),
    refused: /external data files \(none\)/,
  },
  { name: 'no name', bytes: withExternal({ offset: '0' }), refused: /without a path, got ""/ },
  {
    name: 'an end beyond the file',
    bytes: withExternal({ location: 'w.bin', offset: '60' }),
    files: { 'w.bin': weights },
    refused: /within the 64 bytes of "w.bin", it ends at 68/,
  },
  {
    name: 'another length than the shape asks for',
    bytes: withExternal({ location: 'w.bin', length: '4' }),
    files: { 'w.bin': weights },
    refused: /8 bytes for tensor "w" in "w.bin", got length 4/,
  },
  {
    name: 'an offset that is no number',
    bytes: withExternal({ location: 'w.bin', offset: '-8' }),
    files: { 'w.bin': weights },
    refused: /whole number as offset/,
  },
  {
    name: 'a key of somebody else',
    bytes: withExternal({ location: 'w.bin', command: 'rm' }),
    files: { 'w.bin': weights },
    refused: /location, offset, length, checksum alone, got "command"/,
  },
  {
    name: 'values in both places',
    bytes: withExternal({ location: 'w.bin' }, { ...two, rawData: new Uint8Array(8) }),
    files: { 'w.bin': weights },
    refused: /in both/,
  },
  {
    name: 'a place in another file that nothing points to',
    bytes: withTensor({ ...two, floatData: [1, 2], externalData: [{ key: 'location', value: '/etc/passwd' }] }),
    refused: /it only names one/,
  },
];

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

/** Graphs in each other, made by hand: what makes messages recurses. */
function nested(depth: number): Uint8Array {
  const wrapped = (field: number, bytes: Uint8Array): Uint8Array => {
    const length: number[] = [];
    for (let left = bytes.length; ; left = Math.floor(left / 128)) {
      length.push(left < 128 ? left : (left % 128) + 128);
      if (left < 128) break;
    }
    return Uint8Array.from([field * 8 + 2, ...length, ...bytes]);
  };
  let graph: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < depth; at += 1) graph = wrapped(1, wrapped(5, wrapped(6, graph)));
  return Uint8Array.from([8, 8, ...wrapped(7, graph)]); // IR version 8
}

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
    name: 'a domain twice',
    bytes: model({
      opsetImport: [
        { domain: '', version: 15 },
        { domain: 'ai.onnx', version: 9 },
      ],
    }),
    refused: /twice/,
  },
  { name: 'graphs a little too deep', bytes: nested(subgraphDepthMax + 2), refused: /at most 16 deep/ },
  { name: 'graphs 3,000 deep', bytes: nested(3_000), refused: /at most 16 deep/ },
  { name: '200,001 nodes', bytes: model({ node: new Array<Node>(200_001).fill({}) }), refused: /at most 200000 nodes/ },
  {
    name: '200,001 entries of metadata',
    bytes: model({ metadataProps: new Array<object>(200_001).fill({}) }),
    refused: /at most 200000 entries of metadata/,
  },
  { name: 'an operator that there is not', bytes: model({ node: [{ ...identity, opType: 'Abracadabra' }] }) },
  { name: 'a circle of nodes', bytes: model({ node: [{ ...identity, input: ['y'], output: ['y'] }] }) },
  { name: 'a constant of 8 GB in 120 bytes', bytes: bombModel().bytes },
];

/** Everything that the gate, or the process behind it, must stop. Run it again whenever the pin of onnxruntime moves. */
export const hostileModels: readonly HostileModel[] = [...tensors, ...external, ...functions, ...whole];
