import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import type * as OnnxProto from 'onnx-proto';
import { seededRandom } from '../harness/random.js';

const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;

/** Each weight is a square matrix of floats. */
const side = 8_192;
const weightBytes = side * side * 4;
const weights = 8;
export const largeBytes = weights * weightBytes + 4_096;

/**
 * A model folder whose weights lie in one file of more than 2 GiB: y is x multiplied by eight matrices, one after the
 * other. Each is the one before, turned by a row, so that no two parts of the file are the same.
 */
export async function writeLargeModel(folder: string): Promise<void> {
  const random = seededRandom(1);
  const row = Float32Array.from({ length: side + weights }, () => (random() - 0.5) / 50);
  const names = Array.from({ length: weights }, (_, index) => `w${index}`);
  const file = await open(join(folder, 'weights.bin'), 'wx');
  try {
    await file.write(new Uint8Array(4_096)); // so that the last matrix ends above 2 GiB
    const matrix = new Float32Array(side * side);
    for (let at = 0; at < side; at += 1) {
      for (let column = 0; column < side; column += 1)
        matrix[at * side + column] = row[(at * 31 + column * 7) % side] ?? 0;
    }
    for (const [index] of names.entries()) {
      const turned = index * side * 4;
      const bytes = new Uint8Array(matrix.buffer);
      for (const piece of [bytes.subarray(turned), bytes.subarray(0, turned)]) {
        for (let from = 0; from < piece.length; from += 64_000_000)
          await file.write(piece.subarray(from, from + 64_000_000));
      }
    }
  } finally {
    await file.close();
  }
  await writeFile(join(folder, 'large.onnx'), graphOf(names));
  const definition = {
    name: 'large',
    graphs: { main: { from: 'large.onnx', externalData: { 'weights.bin': { from: 'weights.bin' } } } },
    placement: { tiers: ['origin'] },
  };
  await writeFile(join(folder, 'definition.json'), JSON.stringify(definition));
}

function graphOf(names: readonly string[]): Uint8Array {
  const value = (name: string) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'n' }, { dimValue: side }] } } },
  });
  const initializer = names.map((name, index) => ({
    name,
    dims: [side, side],
    dataType: 1,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: 'weights.bin' },
      { key: 'offset', value: String(4_096 + index * weightBytes) },
      { key: 'length', value: String(weightBytes) },
    ],
  }));
  const node = names.map((name, index) => ({
    opType: 'MatMul',
    input: [index === 0 ? 'x' : `h${index}`, name],
    output: [index === names.length - 1 ? 'y' : `h${index + 1}`],
  }));
  const graph = { name: 'large', node, input: [value('x')], output: [value('y')], initializer };
  const model = onnx.ModelProto.create({ irVersion: 8, opsetImport: [{ domain: '', version: 15 }], graph });
  return new Uint8Array(onnx.ModelProto.encode(model).finish());
}
