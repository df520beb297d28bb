import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { InMemory } from '../../../../scripts/publish/content/in-memory.js';
import { passGate } from '../../../../scripts/publish/pass-gate.js';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { decodeModel, encodeModel } from '../../../../scripts/quantize/onnx/onnx-codec.js';
import { intAttribute, makeNode } from '../../../../scripts/quantize/onnx/nodes.js';
import { elementTypes } from '../../../../scripts/quantize/onnx/onnx-messages.js';
import { asGraph } from '../../../harness/as-graph.js';
import { imageClassifier, transformerEncoder } from '../../../harness/foreign-models.js';
import { doubleModel, externalDoubleModel } from '../../../harness/onnx.js';
import { runInWasm } from '../../../harness/run-in-wasm.js';

const silero = createRequire(import.meta.url).resolve('@ricky0123/vad-web/dist/silero_vad_v5.onnx');
const image = { image: { shape: [1, 3, 32, 32], data: Float32Array.from({ length: 3072 }, (_, at) => Math.sin(at)) } };

describe('a model that is edited', () => {
  it('is the same bytes after the second writing, branches and large integers included', async () => {
    for (const bytes of [new Uint8Array(await readFile(silero)), transformerEncoder(1).bytes]) {
      const once = encodeModel(decodeModel(bytes));
      expect(Buffer.compare(once, encodeModel(decodeModel(once)))).toBe(0);
      expect(Math.abs(once.byteLength - bytes.byteLength)).toBeLessThan(0.01 * bytes.byteLength);
    }
  });

  it('passes the gate and answers the same, its weights inside or beside it', async () => {
    const graph = asGraph(imageClassifier(1));
    const expected = await runInWasm(graph, image);
    for (const weightsFile of [null, 'weights.bin']) {
      const model = await EditableModel.open(graph);
      const written = model.finish(weightsFile);
      passGate('main', written);
      expect(Object.keys(written.externalData)).toEqual(weightsFile === null ? [] : [weightsFile]);
      expect(await runInWasm(written, image)).toEqual(expected);
    }
  });

  it('reads weights that lie beside it', async () => {
    const model = await EditableModel.open(asGraph(externalDoubleModel('w.bin', 3)));
    const [first] = model.proto.graph.initializer;
    expect(model.main.floats(first?.name)?.data[0]).toBe(3);
    const gone = { ...asGraph(externalDoubleModel()), externalData: { other: new InMemory(new Uint8Array(4)) } };
    await expect(EditableModel.open(gone)).rejects.toThrow(/were not read/);
  });

  it('gives names that nothing has, and drops what nothing takes', async () => {
    const model = await EditableModel.open(asGraph(doubleModel()));
    const { main } = model;
    const taken = main.nodes[0]?.output[0] ?? '';
    expect(main.fresh(taken)).not.toBe(taken);
    expect(main.fresh('new')).toBe('new');
    expect(main.fresh('new')).toBe('new_2');
    const before = main.proto.initializer.length;
    main.addInitializer('unused', [2], elementTypes.float, Float32Array.of(1, 2));
    main.dropUnused();
    expect(main.proto.initializer).toHaveLength(before);
  });

  it('knows who makes and takes a value', async () => {
    const model = await EditableModel.open(asGraph(imageClassifier(1)));
    const { main } = model;
    const conv = main.nodes.find(({ opType }) => opType === 'Conv');
    const [out = ''] = conv?.output ?? [];
    expect(main.producerOf(out)).toBe(conv);
    expect(main.onlyConsumer(out)?.opType).toBe('Relu');
    expect(main.isOutput('probabilities')).toBe(true);
    expect(main.onlyConsumer('probabilities')).toBeUndefined();
    const relu = main.onlyConsumer(out)!;
    main.replace(relu, [
      relu,
      makeNode('Identity', [out], [main.fresh('copy')], { attribute: [intAttribute('a', 1)] }),
    ]);
    expect(main.onlyConsumer(out)).toBeUndefined();
  });

  it('has a scope for each branch, which sees the constants around it', async () => {
    const bytes = new Uint8Array(await readFile(silero));
    const model = await EditableModel.open({ file: 'a.onnx', model: bytes, externalData: {} });
    expect(model.main.all.length).toBeGreaterThan(2);
    expect(model.main.all.slice(1).every(({ isNested }) => isNested)).toBe(true);
  });
});
