import { BrinkError } from '../../shared/errors/brink-error.js';
import { dataFromBytes } from '../../shared/protocol/binary-data.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Limits } from '../../shared/protocol/limits.js';
import { envelopeOf } from '../../shared/protocol/request-envelope.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import type { InferCodec } from '../../shared/serve/call.js';
import { dataFromContents } from './decode-contents.js';
import { answersRaw, inferResponseMessage, streamAnswer } from './encode-response.js';
import type { WireInferRequest } from './wire/read-infer-request.js';

export const grpcMediaType = 'application/grpc+proto';

/**
 * V2 over gRPC: the request's head is held to the same checks as over REST, its tensors are read from raw or typed
 * contents, and the answer travels as the request did. `framing` says which message an answer is.
 */
export function grpcCodec(wire: WireInferRequest, bodyBytes: number, framing: 'unary' | 'stream'): InferCodec {
  const isRaw = wire.raw.length > 0;
  return {
    decode: (signature, limits) => decode(wire, bodyBytes, signature, limits),
    encode(response) {
      const answer = inferResponseMessage(response, answersRaw(isRaw, response));
      const message = framing === 'stream' ? streamAnswer(answer) : answer;
      return { contentType: grpcMediaType, inferenceHeaderLength: undefined, bytes: message.finish() };
    },
  };
}

function decode(wire: WireInferRequest, bodyBytes: number, signature: Signature, limits: Limits): InferRequest {
  const { inputs, ...rest } = envelopeOf(wire, { signature, limits, bodyBytes });
  if (wire.raw.length > 0) checkRaw(wire);
  const tensors = inputs.map(({ head, position }) => {
    const { name, datatype, shape } = head;
    const raw = wire.raw[position];
    const contents = wire.inputs[position]?.contents ?? [];
    const data = raw === undefined ? dataFromContents(head, contents, limits) : dataFromBytes(head, raw, limits);
    return { name, datatype, shape, data };
  });
  return { ...rest, inputs: tensors };
}

/** With any raw contents there must be one for each input, and no others. */
function checkRaw({ raw, inputs }: WireInferRequest): void {
  if (inputs.some(({ contents }) => contents.some((piece) => piece.length > 0))) {
    throw new BrinkError('malformed-binary', 'expected raw_input_contents or contents of inputs, got both');
  }
  if (raw.length === inputs.length) return;
  throw new BrinkError(
    'malformed-binary',
    `expected one of raw_input_contents for each of the ${inputs.length} inputs, got ${raw.length}`,
  );
}
