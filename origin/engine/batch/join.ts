import type { TensorData } from '../../../shared/protocol/datatype.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { BatchTensor } from '../runner.js';
import { isText } from './text-data.js';

/** What came back from a batch is not one row per row that went in: this graph's axis 0 is no batch axis. */
export class BatchAxisBroken extends Error {
  override readonly name = 'BatchAxisBroken';
}

/** The items' inputs one after the other along axis 0, without copying. All are of one bucket; their order may differ. */
export function joinInputs(items: readonly (readonly Tensor[])[]): BatchTensor[] {
  const first = items[0] ?? [];
  return first.map(({ name, datatype, shape }, at) => {
    const parts: TensorData[] = [];
    let rows = 0;
    for (const inputs of items) {
      const input = inputs[at]?.name === name ? inputs[at] : inputs.find((one) => one.name === name);
      if (input === undefined) throw new Error(`expected items of one bucket, one lacks the input ${name}`);
      parts.push(input.data);
      rows += input.shape[0] ?? 0;
    }
    return { name, datatype, shape: items.length === 1 ? shape : [rows, ...shape.slice(1)], parts };
  });
}

/**
 * Each item's part of the outputs, as views on them. A single item's outputs are its own whatever their shape; for more,
 * throws BatchAxisBroken when an output's axis 0 is not the sum of the rows.
 */
export function splitOutputs(outputs: readonly Tensor[], rowsPerItem: readonly number[]): Tensor[][] {
  if (rowsPerItem.length === 1) return [[...outputs]];
  const total = rowsPerItem.reduce((sum, rows) => sum + rows, 0);
  const split: Tensor[][] = rowsPerItem.map(() => []);
  for (const output of outputs) {
    const { name, shape, data } = output;
    const rowElements = shape.slice(1).reduce((product, size) => product * size, 1);
    if (shape[0] !== total || data.length !== total * rowElements) {
      throw new BatchAxisBroken(`expected ${total} rows of output ${name}, got shape [${shape.join(', ')}]`);
    }
    let from = 0;
    rowsPerItem.forEach((rows, item) => {
      const to = from + rows * rowElements;
      split[item]?.push({ ...output, shape: [rows, ...shape.slice(1)], data: view(data, from, to) });
      from = to;
    });
  }
  return split;
}

function view(data: TensorData, from: number, to: number): TensorData {
  return isText(data) ? data.slice(from, to) : data.subarray(from, to);
}
