import type { ItemTensor } from './serving-model.js';

export interface KnownAnswers {
  /** Of one answer, behind its batch axis. */
  readonly itemShape: readonly number[];
  readonly outputs: readonly Float32Array[];
}

/** What onnxruntime-node answers to each input alone. Blocks this process meanwhile: before anything is timed. */
export async function answersOf(
  graph: Uint8Array,
  input: ItemTensor,
  outputName: string,
  inputs: readonly Float32Array[],
): Promise<KnownAnswers> {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'; // before it loads
  const ort = await import('onnxruntime-node');
  const session = await ort.InferenceSession.create(graph, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  try {
    let itemShape: readonly number[] = [];
    const outputs: Float32Array[] = [];
    for (const data of inputs) {
      const results = await session.run({ [input.name]: new ort.Tensor('float32', data, [1, ...input.itemShape]) });
      const output = results[outputName];
      if (!(output?.data instanceof Float32Array)) throw new Error(`expected an FP32 output ${outputName}`);
      itemShape = output.dims.slice(1);
      outputs.push(output.data);
    }
    return { itemShape, outputs };
  } finally {
    await session.release();
  }
}
