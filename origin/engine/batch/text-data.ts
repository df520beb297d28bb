import type { TensorData } from '../../../shared/protocol/datatype.js';

/** Whether it is the data of BYTES (`Array.isArray` alone does not narrow a readonly array). */
export function isText(data: TensorData): data is readonly string[] {
  return Array.isArray(data);
}
