import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { PublishError } from '../publish-error.js';

/** Inputs of one run of a graph, before anything is known of its answer. */
export interface Example {
  /** Where they are from, for messages: `speech.wav, call 3`. */
  readonly from: string;
  readonly inputs: readonly Tensor[];
}

/** By graph. */
export type Examples = Readonly<Record<string, readonly Example[]>>;

export const badExamples = (message: string, cause?: unknown): PublishError =>
  new PublishError('bad-examples', message, cause === undefined ? {} : { cause });

export const bytesOf = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, tensor) => sum + bytesOfTensor(tensor).byteLength, 0);

/** The smallest first, else as they were: the first is what every session runs before its first request. */
export function smallestFirst(examples: readonly Example[]): Example[] {
  const sized = examples.map((example) => ({ example, bytes: bytesOf(example.inputs) }));
  return sized.sort((a, b) => a.bytes - b.bytes).map(({ example }) => example);
}
