import type { HandlerContext } from '../../shared/handler/handler.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

export const sampleRate = 16_000;
/** New samples a window, and the end of the window before that stands in front of them: 32 ms and 4 ms. */
export const windowSamples = 512;
const contextSamples = 64;
const stateShape = [2, 1, 128] as const;

/**
 * The probability of speech in each window of 512 samples; the last is filled up with silence. Context and LSTM state
 * are carried from window to window, so the windows run one after the other.
 */
export async function speechProbabilities(samples: Float32Array, context: HandlerContext): Promise<Float32Array> {
  const probabilities = new Float32Array(Math.ceil(samples.length / windowSamples));
  let state: Tensor = { name: 'state', datatype: 'FP32', shape: stateShape, data: new Float32Array(2 * 1 * 128) };
  const rate: Tensor = { name: 'sr', datatype: 'INT64', shape: [], data: BigInt64Array.of(BigInt(sampleRate)) };
  for (let index = 0; index < probabilities.length; index++) {
    context.checkpoint();
    const input = windowTensor(samples, index * windowSamples);
    const outputs = await context.run('vad', [input, state, rate]);
    const { output, stateN } = outputs;
    if (!(output?.data instanceof Float32Array) || stateN === undefined) throw new Error('expected output and stateN');
    probabilities[index] = output.data[0] ?? 0;
    state = { ...stateN, name: 'state' };
  }
  return probabilities;
}

/** [1, 576]: zeros stand for what lies before the beginning and after the end. */
function windowTensor(samples: Float32Array, start: number): Tensor {
  const data = new Float32Array(contextSamples + windowSamples);
  const from = Math.max(0, start - contextSamples);
  data.set(samples.subarray(from, start + windowSamples), from - (start - contextSamples));
  return { name: 'input', datatype: 'FP32', shape: [1, data.length], data };
}
