import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExamplesContext } from '../../../../scripts/publish/goldens/examples-of.js';
import { examplesOf } from '../../../../scripts/publish/goldens/examples-of.js';
import { exampleLimits } from '../../../../scripts/publish/goldens/example-limits.js';
import { doubleModel, echoModel, type TestModel } from '../../../harness/onnx.js';
import { folderOf, removeFolder } from '../../model-folder.js';
import { bundledModel, graphOf, samplePath } from './bundled-graphs.js';
import { float32s, npz } from './npz.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});
const folder = async (files: Record<string, string | Uint8Array>): Promise<string> => {
  const made = await folderOf(files);
  folders.push(made);
  return made;
};

/** A model of raw tensors, with one graph for each of the given. */
function contextOf(models: Record<string, TestModel>): ExamplesContext {
  const entries = Object.entries(models);
  const graphs = Object.fromEntries(entries.map(([name]) => [name, { from: 'a.onnx', optimise: true }]));
  return {
    definition: { graphs, settings: {} },
    signatures: Object.fromEntries(entries.map(([name, { signature }]) => [name, signature])),
    graphs: Object.fromEntries(entries.map(([name, model]) => [name, graphOf(model)])),
    files: {},
  };
}
const double = contextOf({ main: doubleModel() });
const request = (rows: number): string =>
  JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 4], data: Array(rows * 4).fill(rows) }] });
const refusal = (path: string, context = double) =>
  examplesOf(path, context).then(
    () => 'none',
    (error: unknown) => (error as { code: string }).code + ' ' + (error as Error).message,
  );

describe('examples', () => {
  it('are arrays of .npz files and infer requests, the smallest first', async () => {
    const path = await folder({
      'a.json': `[${request(3)}, ${request(2)}]`,
      'b.npz': npz({ x: float32s([1, 4], [1, 2, 3, 4]) }),
      '.hidden': 'not read',
    });
    const { main = [] } = await examplesOf(path, double);
    expect(main.map(({ from, inputs }) => [from, inputs[0]?.shape])).toEqual([
      ['b.npz', [1, 4]],
      ['a.json, request 2', [2, 4]],
      ['a.json, request 1', [3, 4]],
    ]);
    expect(main[0]?.inputs[0]?.data).toEqual(Float32Array.of(1, 2, 3, 4));
    expect((await examplesOf(join(path, 'b.npz'), double))['main']).toHaveLength(1);
  });

  it('keep every digit of 64-bit integers, in each request of an array', async () => {
    const inputs = echoModel().signature.inputs.map(({ name, datatype }) => {
      const data = datatype === 'BYTES' ? '["a, [b\\"]"]' : datatype === 'INT64' ? '[9007199254740993]' : '[1]';
      return `{"name":"${name}","datatype":"${datatype}","shape":[1],"data":${datatype === 'BOOL' ? '[true]' : data}}`;
    });
    const one = `{"inputs":[${inputs.join(',')}]}`;
    const path = await folder({ 'a.json': ` [ ${one} , ${one} ] ` });
    const { main = [] } = await examplesOf(path, contextOf({ main: echoModel() }));
    expect(main).toHaveLength(2);
    const last = main[1]?.inputs ?? [];
    expect(last.find(({ name }) => name === 'in_INT64')?.data).toEqual(BigInt64Array.of(9007199254740993n));
    expect(last.find(({ name }) => name === 'in_BYTES')?.data).toEqual(['a, [b"]']);
  });

  it('of several graphs lie in a folder for each', async () => {
    const two = contextOf({ one: doubleModel(), two: doubleModel() });
    const path = await folder({ 'one/a.json': request(1), 'two/a.json': `[${request(1)},${request(2)}]` });
    const found = await examplesOf(path, two);
    expect(Object.entries(found).map(([graph, all]) => [graph, all.length])).toEqual([['one', 1], ['two', 2]]); // prettier-ignore
    expect(await refusal(await folder({ 'a.json': request(1) }), two)).toMatch(/a\.json: .*folder.*\(one, two\)/);
    expect(await refusal(await folder({ 'three/a.json': request(1) }), two)).toMatch(/called as a graph.*"three"/);
  });

  it('that are broken are named, with what was expected and what came', async () => {
    const broken: Record<string, [string | Uint8Array, RegExp]> = {
      'cut.json': ['{"inputs": [', /JSON/],
      'name.json': [request(1).replace('"x"', '"y"'), /expected inputs "x", got one called "y"/],
      'empty.json': ['[]', /1 to 64 infer requests, got 0/],
      'shape.npz': [npz({ x: float32s([1, 5], [1, 2, 3, 4, 5]) }), /expected shape \[-1, 4\].*got \[1, 5\]/],
      'type.npz': [npz({ x: { ...float32s([1, 4], [1, 2, 3, 4]), descr: '<i4' } }), /expected datatype FP32/],
      'order.npz': [npz({ x: { ...float32s([1, 4], [1]), descr: '<c8' } }), /expected an \.npy file of/],
      'short.npz': [npz({ x: float32s([1, 4], [1, 2]) }), /expected 16 bytes.*got 8/],
      'cut.npz': [npz({ x: float32s([1, 4], [1, 2, 3, 4]) }).subarray(0, 40), /expected a zip of \.npy files/],
      'photo.png': ['', /expected \.npz files, or infer requests/],
    };
    for (const [file, [contents, expected]] of Object.entries(broken)) {
      const said = await refusal(await folder({ [file]: contents }));
      expect(said).toMatch(new RegExp(`^bad-examples example ${file.replace('.', '\\.')}: `));
      expect(said).toMatch(expected);
    }
    expect(await refusal(await folder({}))).toMatch(/no file/);
    expect(await refusal('/nowhere/at/all')).toMatch(/there is no \/nowhere/);
  });

  it('are no more than a graph may have goldens, of no more files than are read', async () => {
    const many = Array.from({ length: exampleLimits.files + 1 }, (_, at) => [`${at}.json`, request(1)]);
    expect(await refusal(await folder(Object.fromEntries(many) as Record<string, string>))).toMatch(/at most 64 files/);
    const forty = `[${Array(40).fill(request(1)).join(',')}]`;
    const path = await folder({ 'a.json': forty, 'b.json': forty });
    expect(await refusal(path)).toMatch(/at most 64 examples of graph "main", got 80/);
  });

  it('are what a model’s own handler gives its graphs for a real request', async () => {
    const line = await bundledModel('ocr-line');
    const { recogniser = [] } = await examplesOf(samplePath('ocr-line', 'sample.png'), line);
    expect(recogniser.map(({ from, inputs }) => [from, inputs[0]?.shape.slice(0, 3)])).toEqual([
      ['sample.png, call 1', [1, 3, 48]],
    ]);
    const { vad = [] } = await examplesOf(samplePath('vad', 'sample.wav'), await bundledModel('vad'));
    expect(vad).toHaveLength(exampleLimits.callsKept);
    expect(vad[0]?.inputs.map(({ name, shape }) => [name, shape])).toEqual([['input', [1, 576]], ['state', [2, 1, 128]], ['sr', []]]); // prettier-ignore
    expect(vad.at(-1)?.inputs[1]?.data.some((value: string | number | bigint) => value !== 0)).toBe(true); // a state that the graph itself has given
    expect(await refusal(await folder({ 'a.wav': 'RIFF' }), await bundledModel('vad'))).toMatch(
      /^bad-examples example a\.wav: the handler vad@1 refuses it: /,
    );
    expect(await refusal(await folder({ 'a.png': '' }), await bundledModel('vad'))).toMatch(
      /audio\/wav.*got image\/png/,
    );
  }, 120_000);
});
