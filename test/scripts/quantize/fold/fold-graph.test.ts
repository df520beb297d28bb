import { describe, expect, it } from 'vitest';
import { foldGraph } from '../../../../scripts/quantize/fold/fold-graph.js';
import { makeNode } from '../../../../scripts/quantize/onnx/nodes.js';
import { attributeTypes, elementTypes, type ModelProto } from '../../../../scripts/quantize/onnx/onnx-messages.js';
import { rawTensor } from '../../../../scripts/quantize/onnx/tensor-values.js';
import type { GraphBuilder } from '../../../harness/graph-builder.js';
import { int } from '../../../harness/onnx.js';
import { integerBelow, oneOf } from '../../../harness/random.js';
import { conv, folded, pointwise } from './fold-and-run.js';

/** One after the other, each by a scalar on the right. */
const chain = (graph: GraphBuilder, input: string, steps: readonly (readonly [string, number])[]): string =>
  steps.reduce((y, [opType, value]) => graph.add(opType, [y, graph.scalar(value)]), input);
const isTrue = 'is_true';
const bool = 9;

/** Moves the last two outputs, `inner` and `z`, into an If: both branches answer twice `seen`, as z. */
function addIf({ graph }: ModelProto, seen: string): void {
  const [inner, z] = graph.output.splice(1);
  if (inner === undefined || z === undefined) throw new Error('the graph has no such outputs');
  const branch = () => ({ name: 'branch', node: [makeNode('Add', [seen, seen], ['inner'])], initializer: [], input: [], output: [inner], valueInfo: [] }); // prettier-ignore
  const attribute = ['then_branch', 'else_branch'].map((name) => ({ name, type: attributeTypes.graph, g: branch() }));
  graph.initializer.push(rawTensor(isTrue, [], bool, Uint8Array.of(1)));
  graph.node.push(makeNode('If', [isTrue], ['z'], { attribute }));
  graph.output.push(z);
}

describe('folding', () => {
  it('merges scalars into one factor and one offset, into none where they cancel', async () => {
    const four = await folded((graph) => chain(graph, 'x', [['Add', 2], ['Mul', 3], ['Sub', 1], ['Div', 4]])); // prettier-ignore
    expect([four.report['scalars merged'], four.operators]).toEqual([1, ['Mul', 'Add']]);
    expect(four.error).toBeLessThan(1e-6);
    const flipped = await folded((graph) => graph.add('Sub', [graph.scalar(5), chain(graph, 'x', [['Add', 2], ['Sub', 3]])])); // prettier-ignore
    expect(flipped.operators).toEqual(['Mul', 'Add']);
    expect(flipped.error).toBeLessThan(1e-6);
    const factors = await folded((graph) =>
      chain(graph, 'x', [
        ['Mul', 3],
        ['Div', 7],
      ]),
    );
    expect(factors.operators).toEqual(['Mul']);
    const none = await folded((graph) => chain(graph, 'x', [['Mul', 4], ['Add', 1], ['Sub', 1], ['Div', 4]])); // prettier-ignore
    expect([none.operators, none.report['scalars merged']]).toEqual([[], 1]);
    expect(none.error).toBeLessThan(1e-6);
  });

  it('merges no scalars that others see, that are fewer already, or that are too much for a float together', async () => {
    const seen = await folded((graph) => {
      const y = graph.add('Mul', ['x', graph.scalar(2)]);
      return graph.add('Add', [graph.add('Mul', [y, graph.scalar(3)]), y]);
    });
    expect([seen.operators, seen.error]).toEqual([['Mul', 'Mul', 'Add'], 0]);
    const two = await folded((graph) => chain(graph, 'x', [['Add', 2], ['Mul', 3]])); // prettier-ignore
    expect([two.operators, two.error]).toEqual([['Add', 'Mul'], 0]);
    const huge = await folded((graph) => graph.add('Tanh', [chain(graph, 'x', [['Mul', 1e30], ['Mul', 1e30]])])); // prettier-ignore
    expect([huge.operators, huge.error]).toEqual([['Mul', 'Mul', 'Tanh'], 0]);
  });

  it('leaves constants alone that are no 32-bit floats', async () => {
    const { operators, error } = await folded(
      (graph) => {
        const wide = graph.add('Cast', ['x'], [int('to', elementTypes.double)]);
        return graph.add('Cast', [graph.add('Mul', [graph.add('Mul', [wide, 'two']), 'two'])], [int('to', elementTypes.float)]); // prettier-ignore
      },
      {
        edit: ({ graph }) => graph.initializer.push({ name: 'two', dims: [], dataType: elementTypes.double, doubleData: [2] }), // prettier-ignore
      },
    );
    expect([operators, error]).toEqual([['Cast', 'Mul', 'Mul', 'Cast'], 0]);
  });

  it('takes nodes away that nobody needs, and what fed only them', async () => {
    const { report, operators, error } = await folded((graph) => {
      graph.add('Tanh', [graph.add('Abs', ['x'])]);
      return graph.add('Relu', ['x']);
    });
    expect([report['dead nodes'], operators, error]).toEqual([2, ['Relu'], 0]);
  });

  it('keeps values that a branch takes, and folds those that it does not', async () => {
    let between = '';
    const write = (graph: GraphBuilder): string => {
      between = conv(graph, 'x');
      return chain(graph, between, [['Mul', 2], ['Add', 1], ['Mul', 3]]); // prettier-ignore
    };
    const alsoOutputs = ['inner', 'z'];
    const taken = await folded(write, { alsoOutputs, edit: (proto) => addIf(proto, between) });
    expect(taken.operators).toEqual(['Conv', 'Mul', 'Add', 'If']);
    expect(taken.error).toBeLessThan(1e-5);
    const free = await folded(write, { alsoOutputs, edit: (proto) => addIf(proto, 'x') });
    expect(free.operators).toEqual(['Conv', 'If']);
    expect(free.error).toBeLessThan(1e-5);
  });

  it('folds within branches, with constants from around them', async () => {
    const edit = (proto: ModelProto): void => {
      addIf(proto, 'x');
      proto.graph.initializer.push(rawTensor('three', [], elementTypes.float, Float32Array.of(3)));
      for (const { g } of proto.graph.node.at(-1)?.attribute ?? []) {
        g?.node.splice(0, 1, makeNode('Mul', ['x', 'three'], ['once']), makeNode('Mul', ['once', 'three'], ['inner']));
      }
    };
    const { report, error, model } = await folded(() => 'x', { alsoOutputs: ['inner', 'z'], edit });
    expect(report['scalars merged']).toBe(2);
    expect(model.main.all.slice(1).map(({ nodes }) => nodes.length)).toEqual([1, 1]);
    expect(error).toBeLessThan(1e-6);
  });

  it('finds nothing more when it is done again', async () => {
    const { model } = await folded((graph) => chain(graph, conv(graph, 'x'), [['Mul', 2], ['Add', 1], ['Mul', 2]])); // prettier-ignore
    expect(new Set(Object.values(foldGraph(model)))).toEqual(new Set([0]));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('answers the same, whatever the chain: seed %d', async (seed) => {
    const { error } = await folded((graph) => {
      for (let skip = 0; skip < seed; skip += 1) graph.random();
      const seen: string[] = [];
      const result = Array.from({ length: 10 }).reduce<string>((y) => {
        if (graph.random() < 0.2) seen.push(y);
        return randomLayer(graph, y);
      }, 'x');
      return seen.reduce((sum, y) => graph.add('Add', [sum, y]), result);
    });
    expect(error).toBeLessThan(1e-4);
  });
});

function randomLayer(graph: GraphBuilder, y: string): string {
  const bias = graph.random() < 0.5;
  switch (integerBelow(graph.random, 6)) {
    case 0:
      return conv(graph, y, { bias, ...(graph.random() < 0.5 ? pointwise : {}) });
    case 1: {
      const gate = graph.add('Clip', [graph.add('Add', [y, graph.scalar(3)]), graph.scalar(0), graph.scalar(6)]);
      return graph.add('Div', [graph.random() < 0.7 ? graph.add('Mul', [y, gate]) : gate, graph.scalar(6)]);
    }
    case 2: {
      const positive = graph.constant(
        [4],
        Float32Array.from({ length: 4 }, () => 0.5 + graph.random()),
      );
      return graph.add('BatchNormalization', [y, graph.weights([4]), graph.weights([4]), graph.weights([4]), positive]);
    }
    default: {
      const dims = oneOf(graph.random, [[], [1], [4, 1, 1], [1, 4, 1, 1], [8]]);
      const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => graph.random() + 0.3);
      const constant = graph.constant(dims, values);
      const opType = oneOf(graph.random, ['Mul', 'Add', 'Sub', 'Div']);
      return graph.add(opType, opType !== 'Div' && graph.random() < 0.5 ? [constant, y] : [y, constant]);
    }
  }
}
