import type { Target } from '../../shared/engine/engine.js';
import { isAboveMeasured } from '../../shared/plan/elements.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Limits } from '../../shared/protocol/limits.js';
import type { Call, InferCodec } from '../../shared/serve/call.js';
import { restCodec } from '../../shared/serve/rest-codec.js';
import { signatureOf } from '../../shared/serve/run-call.js';

/** A call, and whether its one run would be larger than what was measured to fit at the edge. */
export interface MeasuredCall {
  readonly call: Call;
  readonly aboveMeasured: boolean;
}

/**
 * Looks how large an infer request is. To know it, the request is decoded; the call that comes back remembers that, so
 * that the edge does not decode it again. What cannot be decoded here is above nothing: the tiers say what is wrong.
 */
export function measuredCall(call: Call, target: Target, limits: Limits): MeasuredCall {
  const { inferGraph, graphs } = target.manifest;
  const graph = call.kind === 'infer' && inferGraph !== null ? graphs[inferGraph] : undefined;
  // An element takes at least a byte of every format: most requests need no look.
  if (graph?.edgeElementsMax === undefined || call.body.bytes.byteLength <= graph.edgeElementsMax) {
    return { call, aboveMeasured: false };
  }
  const codec = decodingOnce(call.codec ?? restCodec(call));
  try {
    const { inputs } = codec.decode(signatureOf(target), limits);
    return { call: { ...call, codec }, aboveMeasured: isAboveMeasured(graph, inputs) };
  } catch {
    return { call, aboveMeasured: false };
  }
}

/** `codec` for one request: its signature and its limits are the same each time. */
function decodingOnce(codec: InferCodec): InferCodec {
  let request: InferRequest | undefined;
  return {
    decode: (signature, limits) => (request ??= codec.decode(signature, limits)),
    encode: (response, decoded) => codec.encode(response, decoded),
  };
}
