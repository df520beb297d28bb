import { pack } from 'msgpackr';
import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import { mediaTypes } from '../../../shared/protocol/framing.js';
import { headers } from '../../../shared/protocol/headers.js';
import { jsonOfResponse } from '../../../shared/protocol/json-response.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { encodeUtf8 } from '../../../shared/protocol/utf8.js';
import type { LoadBody } from '../load-plan.js';
import { grpcRequest, type ModelRef } from './grpc-request.js';

export const loadProtocols = ['binary', 'json', 'msgpack', 'grpc'] as const;
export type LoadProtocol = (typeof loadProtocols)[number];

/** A V2 request for all outputs, in the protocol's own form; answers come in the same. */
export function encodeV2Request(inputs: readonly Tensor[], protocol: LoadProtocol, ref: ModelRef): LoadBody {
  switch (protocol) {
    case 'json':
      return {
        bytes: encodeUtf8(`{"inputs":${jsonOf(inputs, new Map())}}`),
        headers: { 'content-type': mediaTypes.json },
      };
    case 'binary':
      return binaryBody(inputs);
    case 'msgpack':
      return { bytes: msgpackBytes(inputs), headers: { 'content-type': mediaTypes.msgpack } };
    case 'grpc':
      return { bytes: grpcRequest(inputs, ref) };
  }
}

function binaryBody(inputs: readonly Tensor[]): LoadBody {
  const parts = inputs.map(bytesOfTensor);
  const sizes = new Map(inputs.map((input, at) => [input, parts[at]?.byteLength ?? 0]));
  const head = encodeUtf8(`{"inputs":${jsonOf(inputs, sizes)},"parameters":{"binary_data_output":true}}`);
  return {
    bytes: Buffer.concat([head, ...parts]),
    headers: { 'content-type': mediaTypes.binary, [headers.inferenceHeaderLength]: String(head.byteLength) },
  };
}

/** A request's inputs are written as an answer's outputs are. */
function jsonOf(tensors: readonly Tensor[], binarySizes: ReadonlyMap<Tensor, number>): string {
  const before = '{"model_name":"","outputs":';
  const answer = jsonOfResponse({ modelName: '', modelVersion: '', id: undefined, outputs: tensors }, binarySizes);
  return answer.slice(before.length, -1);
}

function msgpackBytes(tensors: readonly Tensor[]): Uint8Array {
  const inputs = tensors.map((tensor) => {
    const { name, datatype, shape } = tensor;
    return { name, datatype, shape, data: Buffer.from(bytesOfTensor(tensor)) };
  });
  return Uint8Array.from(pack({ inputs }));
}
