import { generatedElementsMax, warmUpInputs } from '../../../origin/engine/batch/generated-inputs.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { seededRandom } from '../../seeded-random.js';
import { PublishError } from '../publish-error.js';
import type { GraphToMeasure, Shapes } from './measured.js';

/**
 * Inputs of these shapes: those of an example where it has the shape, because a graph may be particular about values (a
 * sample rate, say), else generated ones, the same each time.
 */
export function inputsOfShapes({ signature, examples = [] }: GraphToMeasure, shapes: Shapes): readonly Tensor[] {
  const whole = examples.find((inputs) => inputs.every((input) => hasShape(input, shapes[input.name])));
  const known = [...(whole === undefined ? [] : [whole]), ...examples];
  const random = seededRandom(1);
  return signature.inputs.map((spec) => {
    const shape = shapes[spec.name] ?? [];
    for (const inputs of known) {
      const given = inputs.find(({ name }) => name === spec.name);
      if (given !== undefined && hasShape(given, shape)) return given;
    }
    const inner = shape.length === 0 ? {} : { [spec.name]: shape.slice(1) };
    const [made] = warmUpInputs({ inputs: [spec], outputs: [] }, inner, shape[0] ?? 1, random) ?? [];
    if (made !== undefined) return made;
    throw new PublishError(
      'invalid-definition',
      `expected shapes of at most ${generatedElementsMax} elements, got [${shape.join(', ')}] for ${spec.name}`,
    );
  });
}

const hasShape = (input: Tensor, shape: readonly number[] | undefined): boolean => input.shape.join() === shape?.join();
