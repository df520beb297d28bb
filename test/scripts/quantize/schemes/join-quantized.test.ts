import { describe, expect, it } from 'vitest';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { makeNode } from '../../../../scripts/quantize/onnx/nodes.js';
import { joinQuantized } from '../../../../scripts/quantize/schemes/static/join-quantized.js';
import {
  dequantizeNode, quantizedValue, quantizeNode,
} from '../../../../scripts/quantize/schemes/static/quantized-value.js'; // prettier-ignore
import { asGraph } from '../../../harness/as-graph.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { spec } from '../../../harness/onnx.js';

/** x in 8 bits, floats, 8 bits again (over another range where that is given), floats: y. */
async function twice(second: number, alsoFloats = false) {
  const graph = new GraphBuilder(1);
  graph.add('Identity', ['x'], [], 'y');
  const model = await EditableModel.open(asGraph(graph.model([spec('x', 'FP32', [4])], [spec('y', 'FP32', [4])])));
  const { main } = model;
  model.useMicrosoft();
  const [one, two] = [quantizedValue(main, 'a', { min: -1, max: 1 }), quantizedValue(main, 'b', { min: -1, max: second })]; // prettier-ignore
  main.replace(main.nodes[0]!, [
    quantizeNode('x', one, 'xq'),
    dequantizeNode('xq', one, 'floats'),
    quantizeNode('floats', two, 'again'),
    ...(alsoFloats ? [makeNode('Relu', ['floats'], ['unused'])] : []),
    dequantizeNode('again', two, 'y'),
  ]);
  const joined = joinQuantized(main);
  return { joined, operators: main.nodes.map(({ opType }) => opType), last: main.producerOf('y')?.input[0] };
}

describe('8 bits that are made floats and quantized again', () => {
  it('are taken as they are where both do it alike', async () => {
    expect(await twice(1)).toEqual({ joined: 1, operators: ['QuantizeLinear', 'DequantizeLinear'], last: 'xq' });
  });

  it('are quantized anew where the range is another', async () => {
    const { joined, operators } = await twice(2);
    expect([joined, operators.length]).toEqual([0, 4]);
  });

  it('stay floats too for whoever takes the floats', async () => {
    const { joined, operators } = await twice(1, true);
    expect([joined, operators]).toEqual([1, ['QuantizeLinear', 'DequantizeLinear', 'Relu', 'DequantizeLinear']]);
  });
});
