import { BrinkError } from '../../shared/errors/brink-error.js';
import { forcedTier, pinnedRef, priority, refusesFallback, seenEpoch } from '../../shared/http/call-headers.js';
import { headers } from '../../shared/protocol/headers.js';
import { checkName } from '../../shared/protocol/names.js';
import type { Answer, Call } from '../../shared/serve/call.js';
import type { CallScope } from './call-scope.js';
import { grpcCodec, grpcMediaType } from './infer-codec.js';
import { readInferRequest, type WireInferRequest } from './wire/read-infer-request.js';

export interface InferMessage {
  readonly bytes: Uint8Array;
  /** Which message the answer is: that of a unary call or one of a stream. */
  readonly framing: 'unary' | 'stream';
  readonly signal: AbortSignal;
}

/** A `ModelInferRequest`, from its bytes to the bytes of its answer, committed under the lease by the tier. */
export async function answerInfer(scope: CallScope, { bytes, framing, signal }: InferMessage): Promise<Answer> {
  const wire = readInferRequest(bytes, scope.parts.limitsOf());
  const { tier } = scope.parts;
  return tier.answer(callOf(wire, scope, { bytes, framing, signal }), scope.report);
}

/** The id of a message that could be read no further than that; undefined where even that fails. */
export function idOfMessage(bytes: Uint8Array, scope: CallScope): string | undefined {
  try {
    const { id } = readInferRequest(bytes, scope.parts.limitsOf());
    return (id?.length ?? 0) <= scope.parts.limitsOf().idLengthMax ? id : undefined;
  } catch {
    return undefined; // the message itself was the fault, and that has been said
  }
}

function callOf(wire: WireInferRequest, scope: CallScope, { bytes, framing, signal }: InferMessage): Call {
  const header = (name: string): string | undefined => scope.header(name);
  const model = checkName('model', wire.modelName);
  scope.model = model;
  const version = wire.modelVersion === '' ? undefined : checkName('version', wire.modelVersion);
  const limits = scope.parts.limitsOf(model);
  if (bytes.length > limits.bodyBytesMax) {
    throw new BrinkError(
      'body-too-large',
      `expected a message of at most ${limits.bodyBytesMax} bytes, got ${bytes.length}`,
    );
  }
  const pin = pinnedRef(header);
  if (pin !== undefined && version !== undefined && pin.version !== version) {
    throw new BrinkError('pin-mismatch', `expected the pinned version to be the one of the message, '${version}'`);
  }
  const { deadline, given } = scope.deadline(limits);
  return {
    kind: 'infer',
    model,
    version: pin?.version ?? version,
    body: { contentType: grpcMediaType, inferenceHeaderLength: undefined, bytes },
    codec: grpcCodec(wire, bytes.length, framing),
    parameters: {},
    accept: undefined,
    deadline,
    deadlineGiven: given,
    requestId: scope.trace.requestId,
    traceparent: scope.trace.traceparent,
    key: header(headers.key) ?? scope.client,
    forcedTier: forcedTier(header),
    noFallback: refusesFallback(header),
    priority: priority(header),
    signal,
    pin,
    seenEpoch: seenEpoch(header),
  };
}
