import { elementsOf } from '../../../shared/plan/elements.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { PublishError } from '../publish-error.js';
import type { GraphToMeasure, Shapes } from './measured.js';

/** What open axes but the first are tried with. */
export const axisLadder = [512, 384, 256, 224, 160, 128, 96, 64, 48, 32, 16, 8, 4, 2, 1] as const;
/** Larger inputs are not tried unless they are declared: 16 MiB of floats, which an isolate would hold several times. */
const ladderElementsMax = 2 ** 22;
/** Where inputs are small, several rows at once are tried too, as many as this many elements are. */
const rowsElementsMax = 4_096;

export const elementsOfShapes = (shapes: Shapes): number =>
  elementsOf(Object.values(shapes).map((shape) => ({ shape })));

/**
 * The shapes that a graph is tried with at the edge, the largest first; the first that fits is what the edge may run.
 * What its author declares stands alone. Else: 1 for the first axis, and for the other open axes one size out of a
 * ladder; and the shapes of the examples.
 */
export function candidateShapes(
  name: string,
  { signature, largest, examples = [] }: GraphToMeasure,
): readonly Shapes[] {
  if (largest !== undefined) return [declaredShapes(name, signature, largest)];
  const inner = signature.inputs.some(({ shape }) => shape.slice(1).includes(-1));
  const ladder = (inner ? axisLadder : [1]).map((size) => filled(signature, size, 1));
  const given = examples.map((inputs) => Object.fromEntries(inputs.map((input) => [input.name, input.shape])));
  const tried = new Map<string, Shapes>();
  for (const shapes of [...given, ...ladder.filter((shapes) => elementsOfShapes(shapes) <= ladderElementsMax)]) {
    tried.set(JSON.stringify(signature.inputs.map((input) => shapes[input.name])), shapes);
  }
  const bySize = [...tried.values()].sort((one, other) => elementsOfShapes(other) - elementsOfShapes(one));
  return bySize.length > 0 ? bySize : [smallestShapes(signature)];
}

/**
 * The same shapes with more rows, the most first, where every open first axis has one row: 4,096 elements hold so many.
 * None for a graph whose author has declared what the edge should serve.
 */
export function moreRows({ signature, largest }: GraphToMeasure, shapes: Shapes): readonly Shapes[] {
  const open = signature.inputs.filter(({ shape }) => shape[0] === -1).map(({ name }) => name);
  if (largest !== undefined || open.length === 0 || open.some((name) => shapes[name]?.[0] !== 1)) return [];
  const rowsMax = Math.floor(rowsElementsMax / Math.max(1, elementsOfShapes(shapes)));
  const more: Shapes[] = [];
  for (let rows = 2 ** Math.floor(Math.log2(Math.max(1, rowsMax))); rows > 1; rows /= 2) {
    const withRows = ([input, shape]: [string, readonly number[]]) => [input, signature.inputs.find(({ name }) => name === input) && open.includes(input) ? [rows, ...shape.slice(1)] : shape] as const; // prettier-ignore
    more.push(Object.fromEntries(Object.entries(shapes).map(withRows)));
  }
  return more;
}

/** 1 for every open axis. */
export const smallestShapes = (signature: Signature): Shapes => filled(signature, 1, 1);

function filled({ inputs }: Signature, size: number, rows: number): Shapes {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => [name, shape.map((own, axis) => (own !== -1 ? own : axis === 0 ? rows : size))]),
  );
}

function declaredShapes(graph: string, signature: Signature, largest: Shapes): Shapes {
  const wrong = (message: string): PublishError =>
    new PublishError('invalid-definition', `"largest" of graph "${graph}": ${message}`);
  const unknown = Object.keys(largest).find((input) => !signature.inputs.some(({ name }) => name === input));
  if (unknown !== undefined) {
    const known = signature.inputs.map(({ name }) => name).join(', ');
    throw wrong(`expected shapes of ${known}, got one of "${unknown}"`);
  }
  for (const { name, shape } of signature.inputs) {
    const given = Object.hasOwn(largest, name) ? largest[name] : undefined;
    if (given === undefined) continue;
    if (given.length === shape.length && given.every((size, at) => [-1, size].includes(shape[at] ?? 0))) continue;
    throw wrong(`expected a shape of ${name} [${shape.join(', ')}] (-1 is open), got [${given.join(', ')}]`);
  }
  return { ...smallestShapes(signature), ...largest };
}
