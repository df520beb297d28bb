import { warmUpInputs } from '../../../origin/engine/batch/generated-inputs.js';
import { isFloat, numbersOf } from '../../../shared/golden/float-error.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import { seededRandom } from '../../seeded-random.js';
import { innerShapes, outputsOf } from '../first-run.js';
import { type GraphBytes, type InspectOptions, type LoadedGraph, throwAwayRunner } from '../throw-away-runner.js';
import { bytesOf, type Example } from './example.js';
import { type OpenSizes, openSizes } from './generated-shapes.js';

export interface GenerateOptions extends InspectOptions {
  /** What it takes, as it is served. */
  readonly signature: Signature;
  readonly seed: number;
  /** Default: 3. */
  readonly count?: number;
  /** The definition's: no input is larger. */
  readonly largest?: Readonly<Record<string, readonly number[]>> | undefined;
}

const countUsual = 3;
/** Nobody has chosen these: they are to be cheap wherever they run. */
const inputElementsMax = 2 ** 18;
const goldenBytesMax = 4 * 1024 * 1024;
/** From one size to the next: steps that reach what requests are like, or what there is. */
const growths = [16, 2];

/**
 * Inputs with a seed, for a graph of which nothing else is known: the first of the smallest shapes that it takes, others
 * of larger ones as far as its axes are open. Shapes that it refuses are passed over, and those whose answer holds no
 * number. Empty when there is no other. Throws PublishError `unreadable-graph` when a run ends its process.
 */
export function generatedExamples(name: string, graph: GraphBytes, options: GenerateOptions): Promise<Example[]> {
  return throwAwayRunner(name, graph, options, async (loaded) => {
    const { signature, seed, count = countUsual, largest } = options;
    const examples: Example[] = [];
    let chosen: OpenSizes | undefined;
    for (const growth of growths) {
      for (const sizes of openSizes(signature, largest)) {
        if (examples.length === count) break;
        const elementsMin = chosen === undefined ? 0 : chosen.elements * growth;
        if (sizes.elements < elementsMin || sizes.elements > inputElementsMax) continue;
        const inputs = inputsFor(signature, sizes, seed + examples.length);
        if (inputs === undefined || !(await answers(name, loaded, inputs))) continue;
        chosen = sizes;
        examples.push({ from: `generated ${examples.length + 1}`, inputs });
      }
    }
    // Other numbers of the largest shapes, where none are larger.
    while (chosen !== undefined && examples.length < count) {
      const inputs = inputsFor(signature, chosen, seed + examples.length);
      if (inputs === undefined || !(await answers(name, loaded, inputs))) break;
      examples.push({ from: `generated ${examples.length + 1}`, inputs });
    }
    return examples;
  });
}

function inputsFor(signature: Signature, { rows, shapes }: OpenSizes, seed: number): readonly Tensor[] | undefined {
  return warmUpInputs(signature, innerShapes(signature.inputs, shapes), rows, seededRandom(seed));
}

async function answers(name: string, loaded: LoadedGraph, inputs: readonly Tensor[]): Promise<boolean> {
  const outputs = await outputsOf(name, loaded, inputs);
  return outputs?.some(tells) === true && bytesOf(inputs) + bytesOf(outputs) <= goldenBytesMax;
}

/** Whether there is anything in an output that could be another. */
function tells({ datatype, data }: Tensor): boolean {
  if (!isFloat(datatype)) return data.length > 0;
  return Array.from(numbersOf(datatype, data)).some(Number.isFinite);
}
