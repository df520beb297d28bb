import { BrinkError } from '../errors/brink-error.js';
import { type Allocate, allocate } from './allocate.js';
import { encodeBinaryResponse } from './binary-response.js';
import { framingOf, mediaTypes, type WireBody } from './framing.js';
import type { InferRequest, InferResponse } from './infer.js';
import { decodeBinaryRequest, decodeJsonRequest } from './json-request.js';
import { jsonOfResponse } from './json-response.js';
import type { Limits } from './limits.js';
import { decodeMsgpackRequest } from './msgpack-request.js';
import { encodeMsgpackResponse } from './msgpack-response.js';
import { decodeRawRequest } from './raw-request.js';
import type { ResponseFormat } from './response-format.js';
import type { Signature } from './tensor.js';
import { encodeUtf8 } from './utf8.js';

export type { WireBody } from './framing.js';
export { chooseResponseFormat, type ResponseFormat } from './response-format.js';

/**
 * A request in any of the formats, checked against the signature: every input is there once, with its datatype, a shape
 * that fits and exactly the elements that the shape asks for. Binary tensors are views of `body.bytes` where they are
 * aligned in it: leave those bytes alone afterwards. Throws only BrinkErrors of status 4xx.
 */
export function decodeInferRequest(body: WireBody, signature: Signature, limits: Limits): InferRequest {
  const { bytes } = body;
  if (bytes.length > limits.bodyBytesMax) {
    throw new BrinkError(
      'body-too-large',
      `expected a body of at most ${limits.bodyBytesMax} bytes, got ${bytes.length}`,
    );
  }
  const framing = framingOf(body);
  switch (framing.kind) {
    case 'json':
      return decodeJsonRequest(bytes, signature, limits);
    case 'binary':
      return decodeBinaryRequest(bytes, framing.headLength, signature, limits);
    case 'raw':
      return decodeRawRequest(bytes, signature, limits);
    case 'msgpack':
      return decodeMsgpackRequest(bytes, signature, limits);
  }
}

/** A response as it goes over the wire. */
export interface EncodedResponse {
  readonly contentType: string;
  /** To be sent as `Inference-Header-Content-Length`; undefined when the body has no binary part. */
  readonly inferenceHeaderLength: number | undefined;
  readonly bytes: Uint8Array;
}

/** Writes a response as `chooseResponseFormat` says, into memory as given. Throws `not-a-number` for what JSON cannot say. */
export function encodeInferResponse(
  response: InferResponse,
  choice: ResponseFormat,
  memory: Allocate = allocate,
): EncodedResponse {
  const contentType = mediaTypes[choice.format];
  switch (choice.format) {
    case 'json': {
      const bytes = encodeUtf8(jsonOfResponse(response, new Map()));
      return { contentType, inferenceHeaderLength: undefined, bytes };
    }
    case 'msgpack':
      return { contentType, inferenceHeaderLength: undefined, bytes: encodeMsgpackResponse(response, memory) };
    case 'binary': {
      const { bytes, headLength } = encodeBinaryResponse(response, (name) => choice.binaryOutput(name), memory);
      return { contentType, inferenceHeaderLength: headLength, bytes };
    }
  }
}
