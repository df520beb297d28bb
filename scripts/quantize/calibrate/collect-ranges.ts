import { isFloat, numbersOf } from '../../../shared/golden/float-error.js';
import { FieldWriter } from '../../../shared/protobuf/field-writer.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { outputsOf } from '../../publish/first-run.js';
import { badExamples } from '../../publish/goldens/example.js';
import { timeForRuns } from '../../publish/prove/time-for-runs.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../../publish/throw-away-runner.js';
import { chooseRange } from './choose-range.js';
import { Histogram } from './histogram.js';
import type { RangeMethod, ValueRange, ValueRanges } from './value-ranges.js';

/** Values that one run answers with: all of them are in memory at once. */
const valuesAtOnce = 32;

/**
 * The ranges of named values of a graph over all examples: it is run natively, in processes that are thrown away, with
 * these values as further outputs. Values that are no floats have no range. Throws PublishError `bad-examples` for inputs
 * that the graph refuses and for a value that is NaN or infinite.
 */
export async function collectRanges(
  graph: GraphBytes,
  names: readonly string[],
  examples: readonly (readonly Tensor[])[],
  method: RangeMethod,
  options: InspectOptions = {},
): Promise<ValueRanges> {
  const ranges = new Map<string, ValueRange>();
  const [first = []] = examples;
  const inputs = new Set(first.map(({ name }) => name));
  const inner = names.filter((name) => !inputs.has(name));
  const seen = new Map<string, Histogram>();
  for (const example of examples) for (const tensor of example) if (names.includes(tensor.name)) note(seen, tensor);
  for (let at = 0; at < inner.length; at += valuesAtOnce) {
    await seeValues(graph, inner.slice(at, at + valuesAtOnce), examples, seen, options);
  }
  for (const [name, histogram] of seen) ranges.set(name, chooseRange(histogram, method));
  return ranges;
}

async function seeValues(
  graph: GraphBytes,
  names: readonly string[],
  examples: readonly (readonly Tensor[])[],
  seen: Map<string, Histogram>,
  options: InspectOptions,
): Promise<void> {
  const traced = { ...graph, model: withOutputs(graph.model, names) };
  await throwAwayRunner('main', traced, timeForRuns(options, graph, examples.length), async (loaded) => {
    for (const [at, inputs] of examples.entries()) {
      const outputs = await outputsOf('main', loaded, inputs);
      if (outputs === undefined) throw badExamples(`example ${at + 1}: the graph refuses its shapes or values`);
      for (const output of outputs) if (names.includes(output.name)) note(seen, output);
    }
  });
}

function note(seen: Map<string, Histogram>, { name, datatype, data }: Tensor): void {
  if (!isFloat(datatype)) return;
  const histogram = seen.get(name) ?? new Histogram();
  try {
    histogram.add(Array.from(numbersOf(datatype, data)));
  } catch (error) {
    throw badExamples(`the examples give value "${name}" of the graph elements that no range holds: ${String(error)}`, error); // prettier-ignore
  }
  seen.set(name, histogram);
}

/** A field of a message that comes again is merged with the first (protobuf); outputs without a type: onnxruntime infers it. */
function withOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const graph = new FieldWriter();
  for (const name of names) graph.message(12, new FieldWriter().text(1, name));
  return Buffer.concat([model, new FieldWriter().message(7, graph).finish()]);
}
