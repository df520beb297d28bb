import type { WireBody } from '../../shared/protocol/codec.js';
import { numberFromHalf } from '../../shared/protocol/fp16.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { finiteTensor } from '../shared/protocol/random-tensor.js';
import {
  binaryBody, jsonBody, msgpackBody, rawBody, requestInBinary, requestInJson, requestInMsgpack,
} from '../shared/protocol/request-body.js'; // prettier-ignore
import type { WireRequest } from './http-client.js';
import { sampleTensors } from './tensors.js';

export type Codec = 'JSON' | 'binary' | 'msgpack';

const fp32 = (name: string, shape: number[]): Tensor => {
  const count = shape.reduce((product, axis) => product * axis, 1);
  return { name, datatype: 'FP32', shape, data: Float32Array.from({ length: count }, (_, at) => (at % 17) / 8 - 1) };
};
const index: Tensor = { name: 'index', datatype: 'INT64', shape: [4], data: BigInt64Array.of(0n, 3n, 1n, 2n) };

/** The inputs of good requests, by model. */
const inputsOf: Readonly<Record<string, readonly Tensor[]>> = {
  echo: sampleTensors().map(finiteTensor),
  double: [fp32('x', [3, 4])],
  reshape: [fp32('x', [12])],
  gather: [index],
  vad: [
    fp32('input', [1, 576]),
    fp32('state', [2, 1, 128]),
    { name: 'sr', datatype: 'INT64', shape: [], data: BigInt64Array.of(16_000n) },
  ],
};
/** A narrow picture for the real recogniser: 8 columns are enough for it to run. */
const line = [fp32('x', [1, 3, 48, 8])];

/** Good requests in a codec to every test model, and apart from them one to the real model, which takes its time. */
export function corpusOf(codec: Codec): { readonly quick: readonly WireRequest[]; readonly slow: WireRequest } {
  const quick = Object.entries(inputsOf).flatMap(([model, inputs]) =>
    bodiesIn(codec, model, inputs).map((body) => wire(model, body)),
  );
  const [first] = bodiesIn(codec, 'ocr-line', line);
  if (first === undefined) throw new Error('every codec has a body for every model');
  return { quick, slow: wire('ocr-line', first) };
}

function bodiesIn(codec: Codec, model: string, inputs: readonly Tensor[]): WireBody[] {
  switch (codec) {
    case 'JSON':
      return [requestInJson(inputs), jsonBody(embellished(requestInJson(inputs).bytes))];
    case 'msgpack':
      return [requestInMsgpack(inputs), msgpackBody({ ...extras, inputs: inputs.map(withElements) })];
    case 'binary': {
      const plain = requestInBinary(inputs);
      const headLength = Number(plain.inferenceHeaderLength);
      const head = embellished(plain.bytes.subarray(0, headLength));
      const all = binaryBody(head, [plain.bytes.subarray(headLength)]);
      return [plain, all, ...(model === 'double' ? [rawBody(plain.bytes.slice(headLength, headLength + 16))] : [])];
    }
  }
}

/** An id and parameters, which are mutated then, too. */
const extras = { id: 'fuzz', parameters: { binary_data_output: true, priority: 1, sequence_id: 7, label: 'x' } };

/** JSON with the extras; as text, because 64-bit integers would lose digits on the way through a double. */
const embellished = (json: Uint8Array): string =>
  `${JSON.stringify(extras).slice(0, -1)},${Buffer.from(json).toString().slice(1)}`;

function withElements({ name, datatype, shape, data }: Tensor): object {
  const elements = Array.from(data as Iterable<unknown>);
  return { name, datatype, shape, data: datatype === 'FP16' ? elements.map((half) => numberFromHalf(Number(half))) : elements }; // prettier-ignore
}

function wire(model: string, { contentType, inferenceHeaderLength, bytes }: WireBody): WireRequest {
  const length =
    inferenceHeaderLength === undefined ? {} : { 'inference-header-content-length': inferenceHeaderLength };
  return { path: `/v2/models/${model}/infer`, body: bytes, headers: { 'content-type': contentType, ...length } };
}
