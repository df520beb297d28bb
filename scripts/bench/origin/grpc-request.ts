import { bytesOf } from './models/case-files.js';
import type { ServingModel } from './models/serving-model.js';

/** `ModelInfer` of open_inference_grpc.proto. */
export const modelInferMethod = '/inference.GRPCInferenceService/ModelInfer';

const lengthDelimited = 2;

/**
 * A serialised ModelInferRequest with one FP32 input in `raw_input_contents`: model_name 1, inputs 5 (name 1, datatype 2, shape 3),
 * raw_input_contents 7.
 */
export function modelInferRequest(
  { name, input }: Pick<ServingModel, 'name' | 'input'>,
  data: Float32Array,
): Uint8Array {
  const shape = Buffer.concat([1, ...input.itemShape].map(varint));
  const tensor = Buffer.concat([field(1, utf8(input.name)), field(2, utf8('FP32')), field(3, shape)]);
  return Buffer.concat([field(1, utf8(name)), field(5, tensor), field(7, bytesOf(data))]);
}

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

const field = (number: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([varint((number << 3) | lengthDelimited), varint(bytes.byteLength), bytes]);

/** Seven bits a byte, the lowest first, the top bit set where more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7f) {
    bytes.push((left & 0x7f) | 0x80);
    left = Math.floor(left / 128);
  }
  return Uint8Array.from([...bytes, left]);
}
