import { humanBytes, plural } from '../../commands/format.js';
import { table } from '../../commands/table.js';
import { printable } from '../../commands/terminal.js';
import type { Measurements } from '../../../shared/measure/measurements.js';
import { toleranceText } from '../../../shared/golden/tolerance-text.js';
import { beforeAfterText, changeText, errorText, figureText, likenessText, moneyText } from './figure-text.js';
import type { ProofRow } from '../prove/proof-row.js';
import { bytesOfSize, type GraphReport, type PublishReport } from './publish-report.js';
import { valueOf } from './section.js';
import { runtimeText } from './stage-text.js';
import { nearShare, toleranceUsed } from './tolerance-used.js';

const right = 'right' as const;
/** More than these are in the page and in --json: the summary stays on one screen. */
const linesOfAKindMax = 5;

/** The report for who has just published: what was made of the files, how it runs, where, and what it costs. */
export function reportText(report: PublishReport): string {
  const { graphs, measurements, warnings } = report;
  const measured = valueOf(measurements);
  const parts = [
    graphsTable(graphs),
    ...(measured === undefined ? [] : [edgeTable(measured), originTable(measured)]),
    [
      ...(measured === undefined ? [] : memoryLines(measured)),
      ...('notRun' in measurements ? [line('measured', measurements.notRun)] : []),
      ...proofLines(report),
      ...placementLines(report),
      ...costLines(measured),
      ...fewOf(warnings.map((warning) => line('warning', warning))),
    ].join('\n'),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const line = (head: string, text: string): string => `${head.padEnd(10)} ${printable(text).replaceAll('\n', ' ')}`;

function fewOf(lines: readonly string[]): string[] {
  const more = lines.length - linesOfAKindMax;
  return more <= 0 ? [...lines] : [...lines.slice(0, linesOfAKindMax), line('', `and ${more} more`)];
}

function graphsTable(graphs: PublishReport['graphs']): string {
  const columns = [{ head: 'GRAPH' }, { head: 'SIZE', align: right }, { head: '', align: right }, { head: 'STORED' }, { head: 'GOLDENS' }]; // prettier-ignore
  return table(
    columns,
    Object.entries(graphs).map(([name, graph]) => [name, ...sizeCells(graph), storedText(graph), goldensText(graph)]),
  );
}

function sizeCells({ compiled, after }: GraphReport): [string, string] {
  const stored = bytesOfSize(after);
  if ('notRun' in compiled) return [humanBytes(stored), ''];
  const before = bytesOfSize(compiled.value.before);
  return [beforeAfterText(before, stored), changeText(before, stored)];
}

/** What is stored of a graph, and why. */
export function storedText({ compiled }: GraphReport): string {
  if ('notRun' in compiled) return compiled.notRun;
  const { optimised, why, quantized } = compiled.value;
  const stored = optimised ? `optimised, ${why}` : `as it is: ${why}`;
  if (quantized === undefined) return stored;
  return `${stored}; at the edge ${quantized.scheme}, ${humanBytes(bytesOfSize(quantized.size))}`;
}

/** How many goldens, and where from. */
export function goldensText({ goldens }: GraphReport): string {
  if ('notRun' in goldens) return `not recorded: ${goldens.notRun}`;
  const { count, from } = goldens.value;
  return from.kind === 'examples' ? `${count} from examples` : `${count} generated, seed ${from.seed}`;
}

function edgeTable({ edge }: Measurements): string {
  if (edge === null) return '';
  const columns = [
    { head: 'AT THE EDGE' },
    ...['CREATE MS', 'FIRST MS', 'P50 MS', 'P95 MS', 'HEAP', 'HEAP PEAK'].map((head) => ({ head, align: right })),
  ];
  const rows = Object.entries(edge).map(([name, figures]) => [
    name,
    ...[figures.createMs, figures.firstRunMs, figures.runP50Ms, figures.runP95Ms].map(figureText),
    humanBytes(figures.heapLoadedBytes),
    humanBytes(figures.heapPeakBytes),
  ]);
  return table(columns, rows);
}

/** Milliseconds for an item, by rows of the batch. */
function originTable({ origin }: Measurements): string {
  if (origin === null) return '';
  const sizes = [...new Set(Object.values(origin).flatMap(({ batches }) => batches.map(({ rows }) => rows)))];
  const shown = sizes.sort((a, b) => a - b).slice(0, 7);
  const columns = [
    { head: 'AT THE ORIGIN' },
    ...shown.map((rows, at) => ({ head: at === 0 ? `MS/ITEM × ${rows}` : `× ${rows}`, align: right })),
    { head: 'KNEE', align: right },
  ];
  const rows = Object.entries(origin).map(([name, { batches, knee }]) => {
    const of = (size: number): string => {
      const found = batches.find((batch) => batch.rows === size);
      return found === undefined ? '' : figureText(found.itemMs);
    };
    return [name, ...shown.map(of), String(knee)];
  });
  return table(columns, rows);
}

const barWidth = 24;

function memoryLines({ isolate, budget }: Measurements): string[] {
  if (isolate === null) return [];
  const bar = (share: number): string => {
    const full = Math.min(barWidth, Math.max(share > 0 ? 1 : 0, Math.round(share * barWidth)));
    return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
  };
  const of = (head: string, used: number, limit: number): string => {
    const text = `${humanBytes(used)} of ${humanBytes(limit)}${used > limit ? ': over' : ''}`;
    return line(head, `${bar(limit === 0 ? 1 : used / limit)} ${text}`);
  };
  const whole = isolate.peakBytes + (budget.baseBytes ?? 0);
  return [of('heap', isolate.heapPeakBytes, budget.heapBytes), of('isolate', whole, budget.isolateBytes)];
}

function proofLines({ proof }: PublishReport): string[] {
  if ('notRun' in proof) return [line('proven', proof.notRun)];
  const rows = proof.value;
  const near = rows.filter((row) => row.looser || toleranceUsed(row) >= nearShare);
  const outputsOf = (some: readonly ProofRow[]): number =>
    new Set(some.map(({ graph, output }) => JSON.stringify([graph, output]))).size;
  const over = outputsOf(rows.filter(({ within }) => !within));
  const runtimes = [...new Set(rows.map(({ runtime }) => runtimeText(runtime)))].join(' and ');
  const all = `${plural(outputsOf(rows), 'output')} in ${runtimes}`;
  const verdict = over === 0 ? `${all}: within tolerance` : `${over} of ${all}: OVER their tolerance`;
  return [line('proven', verdict), ...fewOf(near.map((row) => line('', proofText(row))))];
}

function proofText(row: ProofRow): string {
  const used = toleranceUsed(row);
  const state = !row.within ? 'over' : used >= nearShare ? 'near' : 'looser';
  const errors = errorsText(row);
  return `${row.graph}.${row.output} in ${runtimeText(row.runtime)}: ${errors} (${state}: ${toleranceText(row.tolerance)})`;
}

/** The figures that its tolerance bounds. */
function errorsText({ absolute, relative, cosine, top1, tolerance }: ProofRow): string {
  const near = tolerance.absolute !== undefined || tolerance.relative !== undefined;
  return [
    ...(near ? [`${errorText(absolute)} absolute, ${errorText(relative)} relative`] : []),
    ...(tolerance.cosine === undefined ? [] : [`cosine ${likenessText(cosine)}`]),
    ...(tolerance.top1 === undefined ? [] : [`top-1 ${likenessText(top1)}`]),
  ].join(', ');
}

function placementLines({ placement }: PublishReport): string[] {
  const { tiers, why } = placement;
  return [line('placement', tiers.join(', ')), ...fewOf(why.map((reason) => line('', reason)))];
}

function costLines(measured: Measurements | undefined): string[] {
  const cost = measured?.cost ?? null;
  if (cost === null) return [];
  const { perMillionRequests, cpuMsPerRequest } = cost;
  return [
    line('cost', `${moneyText(perMillionRequests)} for a million requests, ${figureText(cpuMsPerRequest)} CPU ms each`),
  ];
}
