import type { InferenceSession } from 'onnxruntime-node';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { datatypeOfOrt } from '../../shared/protocol/datatype.js';
import { type Signature, signatureSchema, type TensorSpec } from '../../shared/protocol/tensor.js';

/** What a loaded graph takes and gives; an axis without a fixed size is -1. Throws `not-supported` for other types. */
export function sessionSignature({ inputMetadata, outputMetadata }: InferenceSession): Signature {
  const parsed = signatureSchema.safeParse({ inputs: inputMetadata.map(specOf), outputs: outputMetadata.map(specOf) });
  if (parsed.success) return parsed.data;
  throw new BrinkError(
    'not-supported',
    'expected 1 to 256 inputs and as many outputs, with names of 1 to 256 characters and at most 16 axes',
    { cause: parsed.error },
  );
}

function specOf(metadata: InferenceSession.ValueMetadata): TensorSpec {
  const name = metadata.name.slice(0, 64);
  if (!metadata.isTensor) {
    throw new BrinkError('not-supported', `expected inputs and outputs that are tensors, "${name}" is not one`);
  }
  const datatype = datatypeOfOrt(metadata.type);
  if (datatype === undefined) {
    throw new BrinkError('not-supported', `expected a datatype of the protocol, "${name}" has ${metadata.type}`);
  }
  const shape = metadata.shape.map((size) => (typeof size === 'number' ? size : -1));
  return { name: metadata.name, datatype, shape };
}
