import { BrinkError } from '../../../shared/errors/brink-error.js';
import { decodeInferRequest } from '../../../shared/protocol/codec.js';
import { headers } from '../../../shared/protocol/headers.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import { UsageError } from '../../commands/usage-error.js';
import type { LoadBody } from '../load-plan.js';
import { encodeV2Request, type LoadProtocol } from './encode-request.js';
import type { ModelRef } from './grpc-request.js';
import type { TrafficItem } from './read-traffic.js';

/** Requests as they are. */
export function bodiesAsTheyAre(items: readonly TrafficItem[]): LoadBody[] {
  return items.map(({ bytes, contentType, headLength }) => ({
    bytes,
    headers: {
      'content-type': contentType,
      ...(headLength === undefined ? {} : { [headers.inferenceHeaderLength]: String(headLength) }),
    },
  }));
}

/** The same V2 requests in another protocol. Throws a UsageError that names the request that is none. */
export function bodiesInProtocol(
  items: readonly TrafficItem[],
  protocol: LoadProtocol,
  signature: Signature,
  ref: ModelRef,
): LoadBody[] {
  return items.map((item) => encodeV2Request(inputsOf(item, signature), protocol, ref));
}

function inputsOf({ name, bytes, contentType, headLength }: TrafficItem, signature: Signature): readonly Tensor[] {
  const inferenceHeaderLength = headLength === undefined ? undefined : String(headLength);
  try {
    return decodeInferRequest({ bytes, contentType, inferenceHeaderLength }, signature, defaultLimits).inputs;
  } catch (error) {
    if (error instanceof BrinkError) throw new UsageError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
