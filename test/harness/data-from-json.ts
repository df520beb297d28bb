import { fixedLayouts, type FixedDatatype } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/** A tensor of numbers as a V2 answer in JSON has it → as the rest of the project has it. */
export function dataFromJson({ name, datatype, shape, data }: JsonTensor): Tensor {
  const { array, bytes } = fixedLayouts[datatype];
  const elements = new array(new ArrayBuffer(data.length * bytes), 0, data.length);
  const isBig = datatype === 'INT64' || datatype === 'UINT64';
  for (const [at, element] of data.entries()) elements[at] = isBig ? BigInt(element) : Number(element);
  return { name, datatype, shape, data: elements };
}

interface JsonTensor {
  readonly name: string;
  readonly datatype: FixedDatatype;
  readonly shape: number[];
  readonly data: readonly (number | boolean)[];
}
