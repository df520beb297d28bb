import { manifestOf } from '../../../../edge/gateway/manifests.js';
import type { Env } from '../../../../edge/bindings.js';
import type { Target } from '../../../../shared/engine/engine.js';
import type { GraphEntry } from '../../../../shared/manifest/manifest.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';
import { type BenchCase, elementsOf } from '../bench-case.js';

/** A case as the Worker holds it: its version, the input, and the answer that is right. */
export interface LoadedCase {
  readonly target: Target;
  readonly graph: GraphEntry;
  readonly input: Tensor;
  readonly outputName: string;
  readonly expected: Float32Array;
}

/** `bytes`: the input's elements, then those of the expected output. */
export async function loadCase(env: Env, benchCase: BenchCase, bytes: ArrayBuffer): Promise<LoadedCase> {
  const { version, digest, input, output } = benchCase;
  const manifest = await manifestOf(env.BLOBS, digest);
  const graph = manifest.graphs[manifest.inferGraph ?? ''];
  if (graph === undefined) throw new Error(`model ${manifest.model} has no graph for infer`);
  const inputElements = elementsOf(input);
  const data = new Float32Array(bytes, 0, inputElements);
  const expected = new Float32Array(bytes, data.byteLength, elementsOf(output));
  return {
    target: { version, digest, manifest },
    graph,
    input: { name: input.name, datatype: 'FP32', shape: input.shape, data },
    outputName: output.name,
    expected,
  };
}
