import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { ortSessionOptions } from '../../../../origin/runner/ort-session-options.js';
import type { SessionOptions } from '../../../../origin/runner/session-options.js';
import { checkAnswer } from '../../edge/steps.js';
import { worstError } from '../../edge/worst-error.js';
import { readCase } from '../models/case-files.js';
import { itemElements } from '../models/serving-model.js';
import { answerParent } from './answer-parent.js';
import type { BareRate, BareRequest } from './bare-messages.js';

/** `session.run` and nothing else, in a process of its own: what the machine can do. Arguments: case, session options. */
const [casePath = '', optionsJson = '{}'] = process.argv.slice(2);
const modelCase = await readCase(casePath);
const ort = await import('onnxruntime-node');
ort.env.logLevel = 'fatal';
const session: InferenceSession = await ort.InferenceSession.create(
  modelCase.graphPath,
  ortSessionOptions(JSON.parse(optionsJson) as SessionOptions),
);
const { input, output, samples } = modelCase;
const outputElements = itemElements(output);
const sampleOf = (item: number) => samples[item % samples.length];

/** How long it runs without looking whether its parent is still there. */
const turnMsMax = 20;

answerParent(async (message) => {
  const request = message as BareRequest;
  const feed = feedOf(request.batch);
  if (request.type === 'rate') return rate(feed, request.batch, request.ms);
  return times(feed, request.batch, request.runs);
});

function feedOf(batch: number): Tensor {
  const elements = itemElements(input);
  const data = new Float32Array(batch * elements);
  for (let item = 0; item < batch; item += 1) data.set(sampleOf(item)?.input ?? [], item * elements);
  return new ort.Tensor('float32', data, [batch, ...input.itemShape]);
}

/** As many batches as fit, one after the other; the last answer is checked when the clock stands. */
async function rate(feed: Tensor, batch: number, ms: number): Promise<BareRate> {
  let [items, result, lookedAt] = [0, undefined as Tensor | undefined, performance.now()];
  const startedAt = lookedAt;
  let now = startedAt;
  do {
    result = await run(feed);
    items += batch;
    now = performance.now();
    if (now - lookedAt > turnMsMax) {
      await new Promise((resolve) => setImmediate(resolve));
      lookedAt = now;
    }
  } while (now - startedAt < ms);
  check(result, batch);
  return { items, ms: now - startedAt };
}

async function times(feed: Tensor, batch: number, runs: number): Promise<number[]> {
  const times: number[] = [];
  for (let number = 0; number < runs; number += 1) {
    const startedAt = performance.now();
    const result = await run(feed);
    times.push(performance.now() - startedAt);
    check(result, batch);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return times;
}

async function run(feed: Tensor): Promise<Tensor | undefined> {
  return (await session.run({ [input.name]: feed }))[output.name];
}

function check(result: Tensor | undefined, batch: number): void {
  const data = result?.data;
  if (!(data instanceof Float32Array)) throw new Error('expected an FP32 output');
  for (let item = 0; item < batch; item += 1) {
    const one = data.subarray(item * outputElements, (item + 1) * outputElements);
    const what = `item ${item} of ${batch} of ${modelCase.name} in the bare loop`;
    checkAnswer(what, worstError(one, sampleOf(item)?.output ?? []));
  }
}
