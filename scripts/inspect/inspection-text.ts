import type pc from 'picocolors';
import { humanBytes, plural } from '../commands/format.js';
import { table } from '../commands/table.js';
import { printable } from '../commands/terminal.js';
import type { TensorSpec } from '../../shared/protocol/tensor.js';
import type { GraphInspection } from './inspect-graph.js';
import type { Inspection } from './inspect.js';

type Colors = ReturnType<typeof pc.createColors>;

const operatorsShown = 12;
const weightsShown = 8;

/** For people: what the graph takes, gives and holds, and where it can run. */
export function inspectionText({ graphs }: Inspection, colors: Colors): string {
  return graphs.map((graph) => graphText(graph, colors)).join('\n\n');
}

function graphText(inspection: GraphInspection, colors: Colors): string {
  const { graph, file, summary, signature, fileBytes, externalBytes } = inspection;
  const external = externalBytes === 0 ? '' : ` and ${humanBytes(externalBytes)} beside it`;
  const head = `${colors.bold(printable(graph))}  ${printable(file)}, ${humanBytes(fileBytes)}${external}`;
  return [
    head,
    '',
    facts(inspection, colors),
    '',
    signatureTable(signature.inputs, signature.outputs, inspection.ranWith),
    '',
    operatorTable(inspection),
    ...(summary.weights.length === 0 ? [] : ['', weightTable(inspection)]),
  ].join('\n');
}

function facts(inspection: GraphInspection, colors: Colors): string {
  const { summary, flops, wasm } = inspection;
  const opsets = summary.opsets.map(({ domain, version }) => `${domain === '' ? 'ai.onnx' : domain} ${version}`);
  const rows = [
    [
      'opset',
      `${opsets.join(', ')} (IR ${summary.irVersion}${summary.producer === '' ? '' : `, by ${summary.producer}`})`,
    ],
    ['nodes', `${summary.nodes}${summary.functions === 0 ? '' : `, ${plural(summary.functions, 'function')}`}`],
    ['parameters', `${humanCount(summary.parameters).trim()}, ${humanBytes(summary.weightBytes)}`],
    ['one run', `${flopsText(flops)}${hintOf(inspection)}`],
    ['first axis', axisTexts[inspection.batchAxis]],
    ['edge (wasm)', wasm.loads ? 'loads: every operator has a kernel' : wasmText(wasm)],
  ];
  const paint = (cell: string, column: number): string => (column === 0 ? colors.dim(cell) : cell);
  return table([{ head: '' }, { head: '' }], rows, paint).trimStart();
}

const axisTexts: Readonly<Record<GraphInspection['batchAxis'], string>> = {
  independent: 'a batch: a row alone and among others gives the same',
  'not-a-batch': 'no batch: a row among others gives something else, or fails',
  inconclusive: 'could not be told: the outputs do not depend on the inputs that were tried',
  impossible: 'no batch: not all inputs and outputs have an open first axis',
  failed: 'could not be tried: the graph does not run with the inputs that were tried (give --shape)',
};

function flopsText(flops: GraphInspection['flops']): string {
  if ('failed' in flops) return `could not be tried (give --shape): ${flops.failed}`;
  const { flops: all, byOperator, unknown } = flops;
  const most = byOperator.slice(0, 3).map((one) => `${one.opType} ${percent(one.flops / all)}`);
  const without = unknown.length === 0 ? '' : `, without ${unknown.join(', ')}`;
  return `${humanCount(all)}FLOP${all === 0 ? '' : ` (${most.join(', ')})`}${without}`;
}

/** Open axes that were not given were run as 1, which is seldom what comes. */
function hintOf({ signature, ranWith }: GraphInspection): string {
  const guessed = signature.inputs.some(({ name, shape }) => shape.some((size, at) => at > 0 && size === -1 && ranWith[name]?.[at] === 1)); // prettier-ignore
  return guessed ? '; open axes were 1: --shape says otherwise' : '';
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function wasmText({ reason, missing }: Exclude<GraphInspection['wasm'], { readonly loads: true }>): string {
  const operators = missing.length === 0 ? '' : `no kernel for ${missing.join(', ')}: `;
  return `does not load there: ${operators}${reason.replaceAll(/\s+/g, ' ').slice(0, 200)}`;
}

function signatureTable(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  ranWith: GraphInspection['ranWith'],
): string {
  const row =
    (kind: string) =>
    ({ name, datatype, shape }: TensorSpec): string[] => [
      kind,
      name,
      datatype,
      shapeText(shape),
      shapeText(ranWith[name]),
    ];
  const columns = [{ head: '' }, { head: 'NAME' }, { head: 'DATATYPE' }, { head: 'SHAPE' }, { head: 'RAN WITH' }];
  return table(columns, [...inputs.map(row('input')), ...outputs.map(row('output'))]);
}

const shapeText = (shape: readonly number[] | undefined): string =>
  shape === undefined ? '' : `[${shape.map((size) => (size === -1 ? '?' : size)).join(', ')}]`;

function operatorTable({ summary: { operators } }: GraphInspection): string {
  const shown = operators.slice(0, operatorsShown).map(({ opType, domain, count }) => [opType, domain, String(count)]);
  const rest = operators.slice(operatorsShown);
  const more = rest.reduce((sum, { count }) => sum + count, 0);
  const rows = rest.length === 0 ? shown : [...shown, [`and ${rest.length} others`, '', String(more)]];
  return table([{ head: 'OPERATOR' }, { head: 'DOMAIN' }, { head: 'NODES', align: 'right' }], rows);
}

function weightTable({ summary: { weights } }: GraphInspection): string {
  const shown = weights.slice(0, weightsShown);
  const rows = shown.map(({ name, type, shape, bytes, external }) => {
    return [name, type, shapeText(shape), humanBytes(bytes), external ? 'beside the file' : ''];
  });
  const rest = weights.slice(weightsShown);
  const bytes = rest.reduce((sum, one) => sum + one.bytes, 0);
  if (rest.length > 0) rows.push([`and ${rest.length} others`, '', '', humanBytes(bytes), '']);
  return table(
    [{ head: 'WEIGHT' }, { head: 'TYPE' }, { head: 'SHAPE' }, { head: 'SIZE', align: 'right' }, { head: '' }],
    rows,
  );
}

/** `10.8 M`: decimal, with a blank before a unit that follows. */
function humanCount(count: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  let [figure, unit] = [count, 0];
  while (figure >= 999.5 && unit < units.length - 1) {
    figure /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || figure >= 99.95 ? Math.round(figure) : figure.toFixed(1)} ${units[unit] ?? ''}`;
}
