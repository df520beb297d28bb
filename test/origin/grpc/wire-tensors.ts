import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { contentsFieldOf } from '../../../origin/grpc/contents-field.js';
import type { Message } from './grpc-client.js';

/** A `ModelInferRequest` with its tensors raw. */
export function rawRequest(model: string, tensors: readonly Tensor[], more: Message = {}): Message {
  return {
    model_name: model,
    inputs: tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    raw_input_contents: tensors.map((tensor) => Buffer.from(bytesOfTensor(tensor))),
    ...more,
  };
}

/** A `ModelInferRequest` with its tensors in typed contents, as protobufjs writes them. */
export function typedRequest(model: string, tensors: readonly Tensor[], more: Message = {}): Message {
  return {
    model_name: model,
    inputs: tensors.map(({ name, datatype, shape, data }) => ({
      name,
      datatype,
      shape,
      contents: { [contentsFieldOf(datatype)!.name]: typedElements(data) },
    })),
    ...more,
  };
}

function typedElements(data: Tensor['data']): unknown[] {
  if (!ArrayBuffer.isView(data)) return data.map((text) => Buffer.from(text));
  return Array.from<number | bigint, unknown>(data, (element) =>
    typeof element === 'bigint' ? String(element) : element,
  );
}
