import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { schemeNames } from '../../../scripts/quantize/schemes/scheme.js';
import { GraphBuilder } from '../../harness/graph-builder.js';
import { spec } from '../../harness/onnx.js';
import { runInWasm } from '../../harness/run-in-wasm.js';
import { folderOf, removeFolder } from '../model-folder.js';
import { runBrink } from '../run-brink.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});

/** y = W2 · relu(W1 · x + b): 64 numbers in, 16 out. */
function perceptron(): Uint8Array {
  const graph = new GraphBuilder(3);
  const hidden = graph.add('Relu', [graph.linear('x', 64, 96)]);
  graph.add('MatMul', [hidden, graph.weights([96, 16], 96)], [], 'y');
  return graph.model([spec('x', 'FP32', [-1, 64])], [spec('y', 'FP32', [-1, 16])]).bytes;
}

/** Requests whose elements are between -1 and 1. */
const requests = JSON.stringify(
  Array.from({ length: 6 }, (_, request) => ({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 64], data: Array.from({ length: 64 }, (__, at) => Math.sin(at * (request + 1))) }], // prettier-ignore
  })),
);

async function modelFolder(bytes = perceptron()): Promise<string> {
  const folder = await folderOf({ 'a.onnx': bytes, 'requests.json': requests });
  folders.push(folder);
  return folder;
}

interface Told {
  readonly sourceBytes: number;
  readonly quantizedBytes: number;
  readonly operators: readonly { readonly scheme: string; readonly why: string | null }[];
  readonly compared: { readonly outputs: readonly { readonly cosine: number }[]; readonly fp32Ms: number | null };
  readonly warnings: readonly string[];
}

describe('brink quantize', () => {
  it.each(schemeNames.filter((scheme) => scheme !== 'fp32'))(
    'writes a smaller graph that answers nearly the same: %s',
    async (scheme) => {
      const folder = await modelFolder();
      const [source, out] = [join(folder, 'a.onnx'), join(folder, 'b.onnx')];
      const ended = await runBrink(['quantize', source, '-o', out, '--scheme', scheme, '--rounds', '1', '--json', '--examples', join(folder, 'requests.json')]); // prettier-ignore
      expect([ended.exit, ended.stderr.includes('in workerd')]).toEqual([0, true]);
      const told = JSON.parse(ended.stdout) as Told;
      expect(told.operators.map((operator) => operator.scheme)).toEqual([scheme, scheme]);
      expect(told.quantizedBytes).toBeLessThan(scheme === 'fp16-weights' ? 0.7 * told.sourceBytes : 0.6 * told.sourceBytes); // prettier-ignore
      expect(told.compared.outputs[0]?.cosine).toBeGreaterThan(scheme === 'int4-weights' ? 0.95 : 0.999);
      expect(told.warnings).toEqual([]);
      const bytes = new Uint8Array(await readFile(out));
      const x = { x: { shape: [2, 64], data: Float32Array.from({ length: 128 }, (_, at) => Math.sin(at)) } };
      const { y = [] } = await runInWasm({ file: 'b.onnx', model: bytes, externalData: {} }, x);
      const { y: expected = [] } = await runInWasm({ file: 'a.onnx', model: perceptron(), externalData: {} }, x);
      const error = Math.max(...Array.from(expected, (value, at) => Math.abs(value - (y[at] ?? NaN))));
      expect(error).toBeLessThan(scheme === 'int4-weights' ? 0.5 : 0.1);
      expect(error).toBeGreaterThan(0);
    },
  );

  it('leaves an operator alone that is excluded by its output', async () => {
    const folder = await modelFolder();
    const ended = await runBrink(['quantize', join(folder, 'a.onnx'), '--exclude', 'y', '--rounds', '0', '--json']);
    const told = JSON.parse(ended.stdout) as Told;
    expect(told.operators.map(({ scheme }) => scheme)).toEqual(['int8-weights', 'fp32']);
    expect(told.compared.fp32Ms).toBeNull();
    expect(told.warnings.join()).toMatch(/its inputs were generated/);
  });

  it('tells people what was gained and what it cost', async () => {
    const folder = await modelFolder();
    const { stdout, exit } = await runBrink(['quantize', join(folder, 'a.onnx'), '--rounds', '1']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/size .* kB .* kB .* 0\.\d\d/);
    expect(stdout).toMatch(/run in workerd \(p50\)/);
    expect(stdout).toMatch(/output against fp32 +cosine +max abs +SQNR +top-1/);
    expect(stdout).toMatch(/1 +FusedGemm 64x96 +int8-weights/);
  });

  it('says why it cannot: nothing to quantize, quantized already, an operator that is not there, no .onnx', async () => {
    const graph = new GraphBuilder(1);
    graph.add('Relu', ['x'], [], 'y');
    const folder = await modelFolder(graph.model([spec('x', 'FP32', [2])], [spec('y', 'FP32', [2])]).bytes);
    const none = await runBrink(['quantize', join(folder, 'a.onnx'), '--rounds', '0']);
    expect([none.exit, none.stdout]).toEqual([2, '']);
    expect(none.stderr).toMatch(/cannot be quantized: it has no float weights/);
    const other = await runBrink(['quantize', join(folder, 'a.onnx'), '--graph', 'other']);
    expect(other.stderr).toMatch(/expected --graph to name one of model, got "other"/);
    const out = await runBrink(['quantize', join(folder, 'a.onnx'), '-o', join(folder, 'b.bin')]);
    expect(out.stderr).toMatch(/expected -o to name a \.onnx file, got "b\.bin"/);
    const [twice, quantized] = [await modelFolder(), 'b.onnx'];
    const first = ['quantize', join(twice, 'a.onnx'), '-o', join(twice, quantized), '--rounds', '0', '--scheme', 'static-int8']; // prettier-ignore
    expect((await runBrink(first)).exit).toBe(0);
    const again = await runBrink(['quantize', join(twice, quantized), '--rounds', '0', '--no-optimise']);
    expect(again.stderr).toMatch(/it is quantized already/);
    const unknown = await runBrink(['quantize', join(twice, 'a.onnx'), '--exclude', 'nobody', '--rounds', '0']);
    expect(unknown.stderr).toMatch(/expected an excluded operator to be named by its first output, got "nobody"/);
  });

  it('quantizes one graph of a definition that has several, with examples through its handler', async () => {
    const folder = await modelFolder();
    const page = join(projectRoot(), 'models', 'ocr-page');
    const without = await runBrink(['quantize', page]);
    expect(without.stderr).toMatch(/expected --graph to name one of .*, got none/);
    const out = join(folder, 'o.onnx');
    const line = join(projectRoot(), 'models', 'ocr-line');
    const examples = join(line, 'sample.png');
    const ended = await runBrink(['quantize', line, '-o', out, '--examples', examples, '--rounds', '1', '--json']);
    expect([ended.exit, ended.stderr]).toEqual([0, expect.any(String)]);
    const told = JSON.parse(ended.stdout) as Told;
    expect((await stat(out)).size / told.sourceBytes).toBeLessThan(0.35);
    expect(told.compared.outputs[0]?.cosine).toBeGreaterThan(0.95); // a frame between two characters
    expect(told.warnings).toEqual([]);
  });
});
