import { tensorBytes } from './tensor-bytes.js';
import { PublishError } from '../publish-error.js';
import { candidateShapes, moreRows, smallestShapes } from './candidate-shapes.js';
import type { EdgeBench, Failed } from './edge-bench.js';
import { inputsOfShapes } from './inputs-of-shapes.js';
import type { EdgeBudget, GraphToMeasure, Shapes } from './measured.js';

/** The largest shapes that a graph runs with, or with what it failed. `none`: it refused all inputs. */
export type Largest =
  | { readonly found: 'shapes'; readonly shapes: Shapes }
  | { readonly found: 'none' }
  /** `shapes` null: it failed when it was loaded, `isAlone` or after the other graphs. */
  | { readonly found: 'failure'; readonly failure: Failed; readonly shapes: Shapes | null; readonly isAlone: boolean };

export interface FindOptions {
  readonly budget: EdgeBudget;
  /** Whether shapes that fit are also good enough; asked of the largest first. */
  readonly isGood: (shapes: Shapes) => Promise<boolean>;
}

/**
 * Tries the candidates from the largest down, all graphs of the version being loaded, until one runs within the budget
 * and is good; where none is, the smallest that ran is answered. Throws PublishError `invalid-definition` where the graph
 * refuses the shapes that are declared, and not because of generated values.
 */
export async function findLargest(
  bench: EdgeBench,
  name: string,
  graphs: Readonly<Record<string, GraphToMeasure>>,
  { budget, isGood }: FindOptions,
): Promise<Largest> {
  const measured = graphOf(graphs, name);
  let [smallest, failed]: [Shapes | undefined, Extract<Largest, { found: 'failure' }> | undefined] = [undefined, undefined]; // prettier-ignore
  await bench.close();
  for (const shapes of candidateShapes(name, measured)) {
    const ran = await ranWith(bench, name, graphs, shapes);
    if ('found' in ran) {
      if (ran.shapes === null) return ran;
      failed = ran.failure.why === 'input' ? failed : ran;
      if (measured.largest !== undefined && failed === undefined) {
        await checkDeclared(bench, name, graphs, { shapes, said: ran.failure.said });
      }
      continue;
    }
    if (measured.largest !== undefined) return { found: 'shapes', shapes };
    smallest = shapes;
    if (!fits(ran, budget)) continue;
    for (const more of moreRows(measured, shapes)) {
      const ranMore = await ranWith(bench, name, graphs, more);
      if (!('found' in ranMore) && fits(ranMore, budget) && (await isGood(more))) return { found: 'shapes', shapes: more }; // prettier-ignore
    }
    if (await isGood(shapes)) return { found: 'shapes', shapes };
  }
  return smallest === undefined ? (failed ?? { found: 'none' }) : { found: 'shapes', shapes: smallest };
}

interface Ran {
  /** Heap, inputs and outputs. */
  readonly bytes: number;
}
type Failure = Extract<Largest, { found: 'failure' }>;

const fits = ({ bytes }: Ran, { isolateBytes, baseBytes }: EdgeBudget): boolean => bytes + baseBytes <= isolateBytes;

async function ranWith(
  bench: EdgeBench,
  name: string,
  graphs: Readonly<Record<string, GraphToMeasure>>,
  shapes: Shapes,
): Promise<Ran | Failure> {
  const inputs = inputsOfShapes(graphOf(graphs, name), shapes);
  const failure = bench.isFresh ? await loadAll(bench, name, graphs) : undefined;
  if (failure !== undefined) return failure;
  const ran = await bench.run(name, inputs);
  if (!ran.ok) return { found: 'failure', failure: ran, shapes, isAlone: true };
  const { heapBytes, outputs } = ran.value;
  return { bytes: heapBytes + tensorBytes(inputs) + tensorBytes(outputs) };
}

/** The graph in question first, so that it is known whose fault it is when something does not load. */
async function loadAll(
  bench: EdgeBench,
  name: string,
  graphs: Readonly<Record<string, GraphToMeasure>>,
): Promise<Failure | undefined> {
  for (const graph of [name, ...Object.keys(graphs).filter((other) => other !== name)]) {
    const loaded = await bench.load(graph, graphOf(graphs, graph));
    if (!loaded.ok) return { found: 'failure', failure: loaded, shapes: null, isAlone: graph === name };
  }
  return undefined;
}

function graphOf(graphs: Readonly<Record<string, GraphToMeasure>>, name: string): GraphToMeasure {
  const graph = graphs[name];
  if (graph === undefined) throw new Error(`expected one of the graphs ${Object.keys(graphs).join(', ')}, got ${name}`);
  return graph;
}

/** Shapes are wrong where others run; where none do, generated values may be what the graph refuses. */
async function checkDeclared(
  bench: EdgeBench,
  name: string,
  graphs: Readonly<Record<string, GraphToMeasure>>,
  { shapes, said }: { readonly shapes: Shapes; readonly said: string },
): Promise<void> {
  const { signature, examples = [] } = graphOf(graphs, name);
  if (examples.length > 0) throw refused(name, shapes, said);
  const smallest = await ranWith(bench, name, graphs, smallestShapes(signature));
  if (!('found' in smallest)) throw refused(name, shapes, said);
}

function refused(name: string, shapes: Shapes, said: string): PublishError {
  const text = `graph "${name}" refuses inputs of the shapes that its "largest" declares (${JSON.stringify(shapes)})`;
  return new PublishError('invalid-definition', `${text}: ${said.slice(0, 400)}`);
}
