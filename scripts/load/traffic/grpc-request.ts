import { FieldWriter } from '../../../shared/protobuf/field-writer.js';
import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

export const modelInferMethod = '/inference.GRPCInferenceService/ModelInfer';

/** Which model a gRPC message names; over HTTP the path does. */
export interface ModelRef {
  readonly model: string;
  readonly version?: string | undefined;
}

/** A serialised `ModelInferRequest` of the Open Inference Protocol, its tensors in `raw_input_contents`. */
export function grpcRequest(inputs: readonly Tensor[], { model, version }: ModelRef): Uint8Array {
  const message = new FieldWriter().text(1, model);
  if (version !== undefined) message.text(2, version);
  for (const { name, datatype, shape } of inputs) {
    message.message(5, new FieldWriter().text(1, name).text(2, datatype).packed(3, shape));
  }
  for (const input of inputs) message.bytes(7, bytesOfTensor(input));
  return message.finish();
}
