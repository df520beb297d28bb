import { type HostileModel, model, onnx, type Tensor, two } from './make-hostile.js';

const weights = new Uint8Array(64);
const withTensor = (tensor: Tensor): Uint8Array => model({ initializer: [tensor] });
const withExternal = (entries: Readonly<Record<string, string>>, tensor: Tensor = { ...two }): Uint8Array =>
  withTensor({
    ...tensor,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, text]) => ({ key, value: text })),
  });

/** Tensors whose values are not what their shapes ask for. */
export const tensors: readonly HostileModel[] = [
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

/** Tensors that lie in other files. */
export const external: readonly HostileModel[] = [
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
