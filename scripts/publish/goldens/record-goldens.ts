import { compareOutputs } from '../../../shared/golden/compare-outputs.js';
import type { Golden } from '../../../shared/golden/golden.js';
import type { Tolerance } from '../../../shared/golden/tolerance.js';
import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { outputsOf } from '../first-run.js';
import { timeForRuns } from '../prove/time-for-runs.js';
import { PublishError } from '../publish-error.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../throw-away-runner.js';
import { answersInWasm, type TwoAnswers } from './answers-in-wasm.js';
import { badExamples, bytesOf, type Example } from './example.js';
import { exampleLimits } from './example-limits.js';
import { withOneNan } from './with-one-nan.js';

export interface RecordOptions extends InspectOptions {
  /** By output, as the graph's author declares them. */
  readonly tolerances?: Readonly<Record<string, Tolerance>> | undefined;
  /** Whether onnxruntime-web has to answer as the native one does. */
  readonly forEdge: boolean;
}

export interface RecordedGoldens {
  /** One for each example, in the same order; empty where there can be none. */
  readonly goldens: readonly Golden[];
  /** Native kernels differ in the last digits between processors: what they recorded has another digest elsewhere. */
  readonly recordedBy: 'wasm' | 'native';
  /** For whoever publishes: why natively, or why there are none; null where there is nothing to say. */
  readonly why: string | null;
}

/**
 * What a graph, as its author has it, answers to examples. It is recorded in onnxruntime-web, where that can, and has to
 * be what the native CPU provider answers, within the tolerances. A graph that does not answer the same twice has no
 * goldens, unless its author declares tolerances that it keeps to. Throws PublishError: `bad-examples` for an example
 * that the graph refuses or that is too large, `unequal-artifacts` when the two runtimes do not agree.
 */
export async function recordGoldens(
  name: string,
  graph: GraphBytes,
  examples: readonly Example[],
  options: RecordOptions,
): Promise<RecordedGoldens> {
  if (examples.length === 0) return { goldens: [], recordedBy: 'wasm', why: 'there is no example that it takes' };
  const [native, inWasm] = [await answersNatively(name, graph, examples, options), await answersInWasm(graph, examples, onWasm(options))]; // prettier-ignore
  if (typeof inWasm === 'string') return recorded(name, examples, native, { by: 'native', why: inWasm, ...options });
  const chance = unsteady(inWasm, options) ?? unsteady(native, options);
  if (chance !== undefined) return { goldens: [], recordedBy: 'wasm', why: chance };
  const fault = disagreement(examples, inWasm, native, options);
  if (fault === undefined) return recorded(name, examples, inWasm, { by: 'wasm', why: null, ...options });
  if (!options.forEdge) {
    const why = `onnxruntime-web answers otherwise, where it is not to run: ${fault}`;
    return recorded(name, examples, native, { by: 'native', why, ...options });
  }
  const text = `graph "${name}" (${graph.file}) answers otherwise in onnxruntime-web than natively: ${fault}`;
  throw new PublishError('unequal-artifacts', `${text}: declare a looser tolerance for that output ("tolerances" in its definition), or place it at the origin alone`); // prettier-ignore
}

/** A time limit that is meant for a load and a run would make other goldens of a slow machine. */
function onWasm({ memoryBytesMax, signal }: InspectOptions): InspectOptions {
  return { signal, ...(memoryBytesMax === undefined ? {} : { memoryBytesMax }) };
}

function answersNatively(
  name: string,
  graph: GraphBytes,
  examples: readonly Example[],
  options: InspectOptions,
): Promise<readonly TwoAnswers[]> {
  return throwAwayRunner(name, graph, timeForRuns(options, graph, 2 * examples.length), async (loaded) => {
    const answers: TwoAnswers[] = [];
    for (const { from, inputs } of examples) {
      const first = await outputsOf(name, loaded, inputs);
      const second = await outputsOf(name, loaded, inputs);
      if (first === undefined || second === undefined) {
        const shapes = inputs.map((input) => `${input.name} [${input.shape.join(', ')}]`).join(', ');
        throw badExamples(`example ${from}: graph "${name}" refuses its shapes or values (${shapes})`);
      }
      answers.push([first.map(withOneNan), second.map(withOneNan)]);
    }
    return answers;
  });
}

/** Why a graph has no goldens that answers by chance. */
function unsteady(answers: readonly TwoAnswers[], { tolerances = {} }: RecordOptions): string | undefined {
  for (const [first, second] of answers) {
    const errors = compareOutputs(first, second, tolerances);
    for (const [at, output] of first.entries()) {
      const again = second.find(({ name }) => name === output.name);
      if (again !== undefined && sameBytes(output, again)) continue;
      if (Object.hasOwn(tolerances, output.name) && errors[at]?.within === true) continue;
      return `it does not answer the same twice: output "${output.name}", up to ${errors[at]?.absolute ?? 'much'} apart`;
    }
  }
  return undefined;
}

const sameBytes = (one: Tensor, other: Tensor): boolean =>
  String(one.shape) === String(other.shape) && Buffer.compare(bytesOfTensor(one), bytesOfTensor(other)) === 0;

function disagreement(
  examples: readonly Example[],
  inWasm: readonly TwoAnswers[],
  native: readonly TwoAnswers[],
  { tolerances }: RecordOptions,
): string | undefined {
  for (const [at, [expected]] of inWasm.entries()) {
    const got = native[at]?.[0] ?? [];
    const fault = compareOutputs(expected, got, tolerances).find(({ within }) => !within);
    if (fault !== undefined) return `${fault.text} (example ${examples[at]?.from ?? at})`;
  }
  return undefined;
}

function recorded(
  name: string,
  examples: readonly Example[],
  answers: readonly TwoAnswers[],
  { by, why, ...options }: RecordOptions & { readonly by: 'wasm' | 'native'; readonly why: string | null },
): RecordedGoldens {
  const chance = unsteady(answers, options);
  if (chance !== undefined) return { goldens: [], recordedBy: by, why: chance };
  const goldens = examples.map(({ inputs }, at): Golden => ({ inputs, outputs: answers[at]?.[0] ?? [] }));
  let total = 0;
  for (const [at, { inputs, outputs }] of goldens.entries()) {
    const bytes = bytesOf(inputs) + bytesOf(outputs);
    total += bytes;
    const { goldenBytes, goldensBytes } = exampleLimits;
    const from = `example ${examples[at]?.from ?? at} of graph "${name}"`;
    if (bytes > goldenBytes) {
      throw badExamples(`${from}: expected at most ${goldenBytes} bytes of inputs and outputs, got ${bytes}`);
    }
    if (total > goldensBytes) {
      throw badExamples(`${from}: expected at most ${goldensBytes} bytes of all goldens of a graph, got ${total}: give fewer examples`); // prettier-ignore
    }
  }
  return { goldens, recordedBy: by, why };
}
