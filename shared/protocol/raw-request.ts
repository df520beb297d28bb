import { BrinkError } from '../errors/brink-error.js';
import { dataFromBytes } from './binary-data.js';
import { decodeElement } from './bytes-elements.js';
import { type FixedDatatype, fixedLayouts } from './datatype.js';
import type { InferRequest } from './infer.js';
import { checkElements, elementCount } from './input-head.js';
import type { Limits } from './limits.js';
import { quoted, shapeText } from './quote-text.js';
import type { Signature, Tensor, TensorSpec } from './tensor.js';

/**
 * The raw form of the binary tensor data extension: the body is the only input's data. A first axis of -1 is the batch, which is 1;
 * one more dynamic axis may take its size from the number of bytes.
 */
export function decodeRawRequest(bytes: Uint8Array, signature: Signature, limits: Limits): InferRequest {
  const [spec, ...others] = signature.inputs;
  if (spec === undefined || others.length > 0) {
    throw new BrinkError(
      'invalid-request',
      `expected a model of 1 input for the raw form (Inference-Header-Content-Length: 0), got one of ${signature.inputs.length}`,
    );
  }
  const { datatype } = spec;
  const input = datatype === 'BYTES' ? rawText(spec, bytes) : rawNumbers(spec, datatype, bytes, limits);
  return { id: undefined, parameters: {}, inputs: [input], outputs: undefined };
}

/** The whole body is the one element, without a length before it. */
function rawText(spec: TensorSpec, bytes: Uint8Array): Tensor {
  if (spec.shape.some((axis) => axis !== 1 && axis !== -1)) {
    throw new BrinkError(
      'wrong-shape',
      `expected a BYTES input of one element for the raw form, got ${quoted(spec.name)} of shape ${shapeText(spec.shape)}`,
    );
  }
  const shape = spec.shape.map(() => 1);
  return { name: spec.name, datatype: 'BYTES', shape, data: [decodeElement(spec.name, bytes, 0)] };
}

function rawNumbers(spec: TensorSpec, datatype: FixedDatatype, bytes: Uint8Array, limits: Limits): Tensor {
  const shape = spec.shape.map((axis, at) => (at === 0 && axis === -1 ? 1 : axis));
  const dynamic = shape.indexOf(-1);
  if (dynamic !== -1 && shape.includes(-1, dynamic + 1)) {
    throw new BrinkError(
      'wrong-shape',
      `expected at most 1 dynamic axis besides the batch for the raw form, got shape ${shapeText(spec.shape)} of input ${quoted(spec.name)}`,
    );
  }
  if (dynamic !== -1) {
    const fixed = shape.reduce((product, axis) => (axis === -1 ? product : product * axis), 1);
    const stepBytes = fixed * fixedLayouts[datatype].bytes;
    if (stepBytes === 0 || bytes.length % stepBytes !== 0) {
      throw new BrinkError(
        'wrong-byte-size',
        `expected a multiple of ${stepBytes} bytes for input ${quoted(spec.name)} of shape ${shapeText(spec.shape)}, got ${bytes.length}`,
      );
    }
    shape[dynamic] = bytes.length / stepBytes;
  }
  // the signature may be larger than the body: then the size is wrong, not the count of something that was claimed
  const count = elementCount(spec.name, shape, Infinity);
  checkElements(spec.name, count, limits);
  const head = { name: spec.name, datatype, shape, count };
  return { name: spec.name, datatype, shape, data: dataFromBytes(head, bytes, limits) };
}
