import { BrinkError } from '../errors/brink-error.js';
import { datatypeOfOrt, type FixedArray, fixedLayouts, type OrtType } from '../protocol/datatype.js';
import type { Tensor } from '../protocol/tensor.js';

/** What onnxruntime-common's `Tensor` takes. */
export type OrtTensorConstructor<T extends object> = new (
  type: OrtType,
  data: Exclude<FixedArray, Float64Array> | Float64Array | string[],
  dims: number[],
) => T;

/** What onnxruntime-common's `Tensor` shows of itself. */
export interface OrtTensorLike {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/**
 * Our tensor as one of onnxruntime, sharing its memory. Refuses text that onnxruntime would change without a word:
 * it ends a string at its first NUL, and has no UTF-8 for half a surrogate pair.
 */
export function toOrtTensor<T extends object>(tensor: Tensor, Constructor: OrtTensorConstructor<T>): T {
  const dims = [...tensor.shape];
  if (tensor.datatype === 'FP16') {
    // Where V8 has Float16Array (Node 24), onnxruntime-common would make one of it, and onnxruntime-node 1.29 cannot
    // read that ("not enough space: expected 16, got 0"). Both runtimes go by `type` and by the bytes.
    return Object.assign(new Constructor('uint16', tensor.data as FixedArray, dims), { type: 'float16' });
  }
  if (tensor.datatype !== 'BYTES') {
    return new Constructor(fixedLayouts[tensor.datatype].ort, tensor.data as FixedArray, dims);
  }
  const texts = tensor.data as readonly string[];
  // With the `u` flag a surrogate range matches only lone ones.
  const broken = texts.findIndex((text) => /[\0\ud800-\udfff]/u.test(text));
  if (broken >= 0) {
    throw new BrinkError(
      'value-out-of-range',
      `expected BYTES elements without NUL and without lone surrogates, got one at index ${broken}`,
    );
  }
  return new Constructor('string', [...texts], dims);
}

/**
 * A tensor of onnxruntime as ours. Nothing is copied: both runtimes hand out outputs in memory of their own
 * (onnxruntime-web copies them out of its heap). Elements of `float16` come as Float16Array where V8 has it.
 */
export function fromOrtTensor(name: string, { type, data, dims }: OrtTensorLike): Tensor {
  const datatype = datatypeOfOrt(type);
  if (datatype === undefined) {
    throw new BrinkError('not-supported', `expected a tensor type that the protocol has, got ${type}`);
  }
  const shape = [...dims];
  if (datatype === 'BYTES') return { name, datatype, shape, data: data as string[] };
  const view = data as FixedArray;
  if (view.constructor === fixedLayouts[datatype].array) return { name, datatype, shape, data: view };
  const { array } = fixedLayouts[datatype];
  return { name, datatype, shape, data: new array(view.buffer, view.byteOffset, view.length) };
}
