import {
  chooseResponseFormat,
  decodeInferRequest,
  encodeInferResponse,
  type ResponseFormat,
} from '../protocol/codec.js';
import type { Call, InferCodec } from './call.js';

/** V2 over HTTP: the body's media type says how to read it, and `accept` how to answer. */
export function restCodec({ body, accept, allocate }: Pick<Call, 'body' | 'accept' | 'allocate'>): InferCodec {
  let choice: ResponseFormat | undefined;
  return {
    decode(signature, limits) {
      const request = decodeInferRequest(body, signature, limits);
      choice = chooseResponseFormat(body, accept, request); // an answer that nobody takes is not made
      return request;
    },
    encode: (response, request) =>
      encodeInferResponse(response, choice ?? chooseResponseFormat(body, accept, request), allocate),
  };
}
