import { describe, expect, it } from 'vitest';
import { checkGraph } from '../../../../scripts/publish/graph/check-graph.js';
import { PublishError } from '../../../../scripts/publish/publish-error.js';
import { readSignature } from '../../../../scripts/publish/read-signature.js';
import { doubleModel, echoModel, externalDoubleModel, type TestModel, workModel } from '../../../harness/onnx.js';
import { integerBelow, seededRandom } from '../../../harness/random.js';
import { type HostileModel, hostileModels } from './hostile-models.js';

const sizes = (files: Readonly<Record<string, Uint8Array>> = {}): Map<string, number> =>
  new Map(Object.entries(files).map(([name, { byteLength }]) => [name, byteLength]));
const check = ({ bytes, files }: Pick<HostileModel, 'bytes' | 'files'>) => checkGraph(bytes, sizes(files));

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the gate', () => {
  it.each(hostileModels.filter(({ refused }) => refused !== undefined))('refuses $name', (hostile) => {
    const error = thrownBy(() => check(hostile));
    expect(error).toBeInstanceOf(PublishError);
    expect(error).toMatchObject({ code: 'refused-graph', message: hostile.refused });
    expect((error as Error).message.length).toBeLessThan(500);
  });

  it.each<[string, TestModel]>([
    ['a small net', doubleModel()],
    ['weights in a file of their own', externalDoubleModel()],
    ['every datatype', echoModel()],
    ['a loop with a graph in it', workModel()],
  ])('lets %s pass, and says what is in it', (_, { bytes, signature, externalData }) => {
    const { graph, opsets, irVersion } = check({ bytes, files: externalData });
    expect(graph.inputs.map(({ name, shape }) => ({ name, shape }))).toEqual(
      signature.inputs.map(({ name, shape }) => ({ name, shape })),
    );
    expect(graph.outputs.map(({ name }) => name)).toEqual(signature.outputs.map(({ name }) => name));
    expect([irVersion, [...opsets]]).toEqual([8, [['', 15]]]);
  });

  it('takes an operator set that is listed twice, as some exporters do', () => {
    const { bytes } = doubleModel();
    const opset = Uint8Array.from([0x42, 2, 0x10, 15]); // field 8: version 15 of ONNX's own
    expect([...check({ bytes: Buffer.concat([bytes, opset]) }).opsets]).toEqual([['', 15]]);
  });

  it('ends with a refusal or with a model, whatever bytes are flipped, cut or put in', () => {
    const random = seededRandom(11);
    const { bytes } = workModel();
    let refused = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const damaged = Uint8Array.from(bytes.subarray(0, 600 + integerBelow(random, bytes.length - 600)));
      for (let flip = 0; flip < 8; flip += 1) damaged[integerBelow(random, 600)] = integerBelow(random, 256);
      const error = thrownBy(() => check({ bytes: damaged }));
      if (error === undefined) continue;
      refused += 1;
      expect(error).toBeInstanceOf(PublishError);
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});

describe('the process that loads what has passed', () => {
  it.each(hostileModels.filter(({ refused }) => refused === undefined))(
    'is where $name ends',
    async ({ name, bytes }) => {
      expect(() => check({ bytes })).not.toThrow();
      const inspected = readSignature(name, { file: 'hostile.onnx', model: bytes, externalData: {} }, { memoryBytesMax: 700_000_000 }); // prettier-ignore
      await expect(inspected).rejects.toMatchObject({ code: 'unreadable-graph' });
    },
  );
});
