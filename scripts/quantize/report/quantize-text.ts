import type pc from 'picocolors';
import { humanBytes, plural } from '../../commands/format.js';
import { table } from '../../commands/table.js';
import { printable } from '../../commands/terminal.js';
import type { QuantizedOperator } from '../quantize-graph.js';
import type { QuantizedModelGraph } from '../quantize-model.js';

type Colors = ReturnType<typeof pc.createColors>;

const groupsShown = 16;

/** For people: what became of a graph, what that gained, and what it cost. */
export function quantizeText(result: QuantizedModelGraph, colors: Colors): string {
  const { name, source, operators, folds, warnings } = result;
  const folded = Object.entries(folds).filter(([, count]) => count > 0);
  return [
    `${colors.bold(printable(name))}  ${printable(source.file)}`,
    '',
    figures(result),
    '',
    outputsTable(result),
    '',
    groupsTable(operators),
    ...(folded.length === 0 ? [] : ['', `folded before: ${folded.map(([fold, count]) => `${fold} ${count}`).join(', ')}`]), // prettier-ignore
    ...warnings.map((warning) => `${colors.yellow('note:')} ${printable(warning)}`),
  ].join('\n');
}

function figures({ sourceBytes, quantizedBytes, compared }: QuantizedModelGraph): string {
  const { fp32Ms, quantizedMs } = compared;
  const rows = [
    ['size', humanBytes(sourceBytes), humanBytes(quantizedBytes), ratio(quantizedBytes, sourceBytes)],
    ...(fp32Ms === null || quantizedMs === null ? [] : [['run in workerd (p50)', `${fp32Ms.toFixed(2)} ms`, `${quantizedMs.toFixed(2)} ms`, ratio(quantizedMs, fp32Ms)]]), // prettier-ignore
  ];
  const right = (head: string) => ({ head, align: 'right' as const });
  return table([{ head: '' }, right('fp32'), right('quantized'), right('ratio')], rows);
}

const ratio = (one: number, other: number): string => (one / other).toFixed(2);

function outputsTable({ compared }: QuantizedModelGraph): string {
  const rows = compared.outputs.map(({ output, cosine, absolute, sqnrDb, top1 }) => [
    output,
    cosine?.toFixed(5) ?? '-',
    absolute.toPrecision(3),
    sqnrDb === null ? '-' : `${sqnrDb.toFixed(1)} dB`,
    top1 === null ? '-' : `${(100 * top1).toFixed(1)} %`,
  ]);
  const heads = ['cosine', 'max abs', 'SQNR', 'top-1'].map((head) => ({ head, align: 'right' as const }));
  return table([{ head: 'output against fp32' }, ...heads], rows);
}

function groupsTable(operators: readonly QuantizedOperator[]): string {
  const groups = new Map<string, { count: number; row: QuantizedOperator }>();
  for (const row of operators) {
    const key = [row.group, row.scheme, row.why].join('|');
    groups.set(key, { count: (groups.get(key)?.count ?? 0) + 1, row });
  }
  const all = [...groups.values()];
  const rows = all.slice(0, groupsShown).map(({ count, row }) => [String(count), row.group, row.scheme, row.why ?? '']);
  const more = all.length > groupsShown ? `\n… and ${plural(all.length - groupsShown, 'group')} more (--json has all)` : ''; // prettier-ignore
  return table([{ head: '', align: 'right' }, { head: 'operators' }, { head: 'scheme' }, { head: 'why not' }], rows) + more; // prettier-ignore
}
