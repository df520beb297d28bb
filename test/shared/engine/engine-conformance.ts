import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Target } from '../../../shared/engine/engine.js';
import type { InferRequest } from '../../../shared/protocol/infer.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { systemClock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { doubleModel, echoModel, externalDoubleModel, reshapeModel, type TestModel } from '../../harness/onnx.js';
import { sampleTensors } from '../../harness/tensors.js';

export interface EngineUnderTest {
  readonly engine: Engine;
  /** Makes a version of these graphs; `stored: false` leaves its artifacts out. */
  publish(graphs: Readonly<Record<string, TestModel>>, stored?: boolean): Promise<Target>;
  close(): Promise<void>;
}

const within = (budgetMs: number): Deadline => new Deadline(systemClock, budgetMs);
const request = (inputs: readonly Tensor[]): InferRequest => ({
  id: undefined,
  parameters: {},
  inputs,
  outputs: undefined,
});
const vector = (values: readonly number[], shape: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

/** What every engine does, whatever runs the models: the same suite on both tiers. */
export function engineConformance(name: string, start: () => Promise<EngineUnderTest>): void {
  describe(`${name}, as an engine`, () => {
    let under: EngineUnderTest;
    beforeAll(async () => {
      under = await start();
    });
    afterAll(() => under.close());

    const infer = (target: Target, inputs: readonly Tensor[], budgetMs = 20_000): Promise<readonly Tensor[]> =>
      under.engine.infer(target, request(inputs), within(budgetMs));

    it('hands tensors of every datatype back as they came', async () => {
      const inputs = sampleTensors();
      const outputs = await infer(await under.publish({ main: echoModel() }), inputs);
      expect(outputs).toEqual(inputs.map((input) => ({ ...input, name: input.name.replace('in_', 'out_') })));
    });

    it('answers every output of the graph with its shape', async () => {
      const [output, ...others] = await infer(await under.publish({ main: doubleModel() }), [
        vector([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]),
      ]);
      expect(output).toEqual({
        name: 'y',
        datatype: 'FP32',
        shape: [2, 4],
        data: Float32Array.of(2, 4, 6, 8, 10, 12, 14, 16),
      });
      expect(others).toEqual([]);
    });

    it('runs a graph whose weights are external', async () => {
      const target = await under.publish({ main: externalDoubleModel('weights.bin', 5) });
      const [output] = await infer(target, [vector([1, 0, 0, 2], [1, 4])]);
      expect(output?.data).toEqual(Float32Array.of(5, 0, 0, 10));
    });

    it('says model-rejected-input when the graph cannot run these inputs, and answers the next', async () => {
      const target = await under.publish({ main: reshapeModel() });
      await expect(infer(target, [vector([1, 2, 3], [3])])).rejects.toMatchObject({
        code: 'model-rejected-input',
        status: 400,
      });
      const [output] = await infer(target, [vector([1, 2, 3, 4], [4])]);
      expect(output?.shape).toEqual([1, 4]);
    });

    it('gives each of many callers at once his own answer', async () => {
      const target = await under.publish({ main: doubleModel(3) });
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, caller) => infer(target, [vector([caller, 0, 0, 1], [1, 4])])),
      );
      for (const [caller, [output]] of answers.entries())
        expect(output?.data).toEqual(Float32Array.of(caller * 3, 0, 0, 3));
    });

    it('does not run what has no time left', async () => {
      const target = await under.publish({ main: doubleModel(4) });
      await infer(target, [vector([1, 1, 1, 1], [1, 4])]);
      await expect(infer(target, [vector([1, 1, 1, 1], [1, 4])], 0)).rejects.toMatchObject({
        code: 'deadline-exceeded',
        status: 504,
      });
    });

    it('says how ready it is, and is ready after a prefetch', async () => {
      const target = await under.publish({ main: doubleModel(6) });
      expect(under.engine.residency(target.digest)).toBe('absent');
      await under.engine.prefetch(target, within(20_000));
      expect(under.engine.residency(target.digest)).toBe('ready');
    });

    it('says artifact-unavailable, with no path in it, for a version whose artifacts are not there', async () => {
      const target = await under.publish({ main: doubleModel(7) }, false);
      const failed = infer(target, [vector([1, 1, 1, 1], [1, 4])]);
      await expect(failed).rejects.toMatchObject({ code: 'artifact-unavailable', status: 503, message: /^[^/\\]*$/ });
    });
  });
}
