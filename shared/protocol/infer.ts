import type { Tensor } from './tensor.js';

/** Parameters of a request, an input or an output: string, number (bigint beyond 2^53) or boolean. */
export type Parameters = Readonly<Record<string, string | number | bigint | boolean>>;

export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

/** The one internal form of an inference request: every protocol is a parser into it and a printer out of it. */
export interface InferRequest {
  readonly id: string | undefined;
  readonly parameters: Parameters;
  readonly inputs: readonly Tensor[];
  /** Undefined means all of them. */
  readonly outputs: readonly RequestedOutput[] | undefined;
}

export interface InferResponse {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string | undefined;
  readonly outputs: readonly Tensor[];
}

/** How a body is written. */
export type WireFormat = 'json' | 'binary' | 'msgpack';
