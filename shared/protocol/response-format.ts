import { BrinkError } from '../errors/brink-error.js';
import { type Accepted, parseAccept } from './accept.js';
import { framingOf, mediaTypes, type WireBody } from './framing.js';
import type { InferRequest, WireFormat } from './infer.js';
import { quoted } from './quote-text.js';

/** How an answer is to be written. */
export interface ResponseFormat {
  readonly format: WireFormat;
  /** Whether an output's data come as bytes after the JSON. Asked only for `binary`. */
  binaryOutput(name: string): boolean;
}

/**
 * Protocols.md sections 2 and 6. msgpack when Accept names it (and does not want what else would be written more), or
 * when the request was msgpack and Accept names nothing else that we write; then binary when an output asks for it, or
 * when Accept leaves only octet-stream; else JSON. `not-acceptable` when none of these is.
 */
export function chooseResponseFormat(
  body: WireBody,
  accept: string | undefined,
  request: InferRequest,
): ResponseFormat {
  const accepted = parseAccept(accept);
  const kind = framingOf(body).kind;
  const binaryOutput = binaryOutputs(request, kind === 'raw');
  const usual = usualFormat(accepted, kind === 'raw' || asksForBinary(request, binaryOutput));
  const alias = accepted.names('application/x-msgpack') ? 'application/x-msgpack' : mediaTypes.msgpack;
  const named = accepted.names(mediaTypes.msgpack) || accepted.names(alias);
  const msgpackQuality = Math.max(accepted.quality(mediaTypes.msgpack), accepted.quality(alias));
  const namesOther = accepted.names(mediaTypes.json) || accepted.names(mediaTypes.binary);
  const wantsMsgpack = named || (kind === 'msgpack' && !namesOther);
  const usualQuality = usual === undefined ? 0 : accepted.quality(mediaTypes[usual]);
  if (msgpackQuality > 0 && (usual === undefined || (wantsMsgpack && msgpackQuality >= usualQuality))) {
    return { format: 'msgpack', binaryOutput };
  }
  if (usual === 'json') return { format: 'json', binaryOutput: () => false };
  if (usual === 'binary') {
    // Accept alone asked for bytes: all outputs, but those that say binary_data: false
    const asked = kind === 'raw' || asksForBinary(request, binaryOutput);
    return { format: 'binary', binaryOutput: asked ? binaryOutput : binaryOutputs(request, true) };
  }
  throw new BrinkError(
    'not-acceptable',
    `expected to accept application/json, application/octet-stream or application/msgpack, got ${quoted(accept ?? '')}`,
  );
}

function usualFormat(accepted: Accepted, asked: boolean): 'json' | 'binary' | undefined {
  const json = accepted.quality(mediaTypes.json) > 0;
  const binary = accepted.quality(mediaTypes.binary) > 0;
  if (asked && binary) return 'binary';
  if (json) return 'json';
  return binary ? 'binary' : undefined;
}

/** What an output says of itself wins over what the request says of all. */
function binaryOutputs(request: InferRequest, byDefault: boolean): (name: string) => boolean {
  const all = request.parameters['binary_data_output'] ?? byDefault;
  const own = new Map(request.outputs?.map(({ name, parameters }) => [name, parameters['binary_data']]));
  return (name) => (own.get(name) ?? all) === true;
}

function asksForBinary(request: InferRequest, binaryOutput: (name: string) => boolean): boolean {
  if (request.outputs === undefined) return request.parameters['binary_data_output'] === true;
  return request.outputs.some(({ name }) => binaryOutput(name));
}
