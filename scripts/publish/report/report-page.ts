import { toleranceText } from '../../../shared/golden/tolerance-text.js';
import { humanBytes, humanTime, plural } from '../../commands/format.js';
import { escapeHtml } from '../../page/html-escape.js';
import { type PageAssets, pageShell } from '../../page/page-shell.js';
import { beforeAfterText, changeText, errorText, figureText, likenessText, moneyText } from './figure-text.js';
import { type Bar, barChart } from './page-bars.js';
import { latencySection, memorySection, originSection } from './page-measured.js';
import { note, notRunNote, pageFacts, pageTable } from './page-table.js';
import type { ProofRow } from '../prove/proof-row.js';
import { bytesOfSize, type PublishReport } from './publish-report.js';
import { goldensText, storedText } from './report-text.js';
import { valueOf } from './section.js';
import { runtimeText } from './stage-text.js';
import { nearShare, toleranceUsed } from './tolerance-used.js';

/** The report as one HTML document that loads nothing. */
export function reportPage(report: PublishReport, assets: PageAssets): string {
  const { model, version, digest, createdAt, measurements, warnings } = report;
  const measured = valueOf(measurements);
  const whenMeasured = (make: (found: NonNullable<typeof measured>) => string): string =>
    'notRun' in measurements ? notRunNote('Not measured', measurements.notRun) : make(measurements.value);
  const body = [
    `<p class="quiet">${escapeHtml(humanTime(Date.parse(createdAt)))} · <code>${escapeHtml(digest)}</code></p>`,
    cardsOf(report),
    warnings.map((warning) => `<p class="bad">${escapeHtml(warning)}</p>`).join(''),
    section('Placement', placementPart(report)),
    section('Size', sizePart(report)),
    section('Latency at the edge', whenMeasured(latencySection)),
    section(
      'Memory at the edge',
      whenMeasured((found) => memorySection(report, found)),
    ),
    section('Time per item by batch at the origin', whenMeasured(originSection)),
    section('Error against the tolerance', proofPart(report)),
    section('Time, files and machine', factsPart(report)),
  ].join('\n');
  return pageShell({ title: `${model} ${version}`, body, data: report }, assets);
}

const section = (title: string, body: string): string => `<section><h2>${escapeHtml(title)}</h2>${body}</section>`;

/** The figures that matter most, large. */
function cardsOf(report: PublishReport): string {
  const { placement, measurements, proof, graphs } = report;
  const stored = Object.values(graphs).reduce((sum, { after }) => sum + bytesOfSize(after), 0);
  const cards: [string, string][] = [
    [placement.tiers.join(' + '), 'where it may run'],
    [humanBytes(stored), `${plural(Object.keys(graphs).length, 'graph')} as stored`],
  ];
  const { isolate = null, cost = null, budget } = valueOf(measurements) ?? {};
  if (isolate !== null && budget !== undefined) {
    cards.push([humanBytes(isolate.heapPeakBytes), `heap at peak, of ${humanBytes(budget.heapBytes)}`]);
  }
  const rows = valueOf(proof);
  if (rows !== undefined) {
    const over = rows.filter(({ within }) => !within).length;
    cards.push(over === 0 ? ['proven', `every output is within its tolerance`] : [`${over} over`, 'their tolerance']);
  }
  if (cost !== null) cards.push([moneyText(cost.perMillionRequests), 'for a million requests at the edge']);
  const html = cards.map(
    ([large, small]) =>
      `<div class="card"><b>${escapeHtml(large)}</b><span class="quiet">${escapeHtml(small)}</span></div>`,
  );
  return `<div class="cards">${html.join('')}</div>`;
}

function placementPart({ placement: { tiers, why }, measurements }: PublishReport): string {
  const { wished } = valueOf(measurements)?.placement ?? {};
  const wish = wished === undefined ? '' : `; wished: ${wished.join(', ')}`;
  const reasons = why.map((reason) => `<li>${escapeHtml(reason)}</li>`).join('');
  return `<p><b>${escapeHtml(tiers.join(', '))}</b>${escapeHtml(wish)}</p>${reasons === '' ? '' : `<ul>${reasons}</ul>`}`;
}

function sizePart({ graphs }: PublishReport): string {
  const bars = Object.entries(graphs).flatMap(([name, { compiled, after }]): Bar[] => {
    const before = valueOf(compiled)?.before;
    const parts = [
      { value: after.graphBytes, tone: 'main' as const },
      { value: after.weightsBytes, tone: 'second' as const },
    ];
    const stored: Bar = { name: `${name}, stored`, parts, text: humanBytes(bytesOfSize(after)) };
    if (before === undefined) return [stored];
    const given = bytesOfSize(before);
    return [{ name: `${name}, given`, parts: [{ value: given, tone: 'before' }], text: humanBytes(given) }, stored];
  });
  const rows = Object.entries(graphs).map(([name, graph]) => {
    const { compiled, after } = graph;
    const stored = bytesOfSize(after);
    const given = valueOf(compiled);
    const before = given === undefined ? undefined : bytesOfSize(given.before);
    return [
      name,
      given?.file ?? '–',
      before === undefined ? humanBytes(stored) : beforeAfterText(before, stored),
      before === undefined ? '–' : changeText(before, stored),
      `${humanBytes(after.graphBytes)} + ${humanBytes(after.weightsBytes)}`,
      storedText(graph),
    ];
  });
  const legend = [
    { tone: 'before', text: 'as given' },
    { tone: 'main', text: 'stored: graph' },
    { tone: 'second', text: 'stored: weights beside it' },
  ] as const;
  return (
    barChart({ bars, legend }) +
    pageTable(['graph', 'file', 'size', 'change', 'graph + weights', 'stored'], rows, 'texts')
  );
}

/** The scale of the errors begins at a millionth of the tolerance and ends at ten times it. */
const decades = { least: -6, most: 1 };
const errorPlace = (used: number): number =>
  used <= 0 ? 0 : (Math.log10(used) - decades.least) / (decades.most - decades.least);

function proofPart({ proof, graphs }: PublishReport): string {
  const goldens = pageFacts(Object.entries(graphs).map(([name, graph]) => [name, goldensLine(graph)]));
  if ('notRun' in proof) return notRunNote('Not proven', proof.notRun) + goldens;
  const bars = proof.value.map((row): Bar => {
    const used = toleranceUsed(row);
    const tone = !row.within ? 'bad' : used >= nearShare ? 'third' : 'main';
    const name = `${row.graph}.${row.output}, ${runtimeText(row.runtime)}`;
    return { name, parts: [{ value: used, tone }], text: usedText(used) };
  });
  const marks = [{ at: 1, text: 'the tolerance' }];
  const explain = note(
    'Logarithmic: the worst error of all goldens as a share of what the tolerance allows, from a millionth to ten times it.',
  );
  const heads = ['output', 'runtime', 'goldens', 'absolute', 'relative', 'cosine', 'top-1', 'tolerance', ''];
  return barChart({ bars, marks, scale: errorPlace }) + explain + pageTable(heads, proof.value.map(proofCells)) + goldens; // prettier-ignore
}

/** `0.002 % of it`, `62 % of it`, `no error` */
function usedText(used: number): string {
  if (used === 0) return 'no error';
  if (!Number.isFinite(used)) return 'past every bound';
  const percent = 100 * used;
  return `${percent < 0.01 ? percent.toExponential(0) : String(Number(percent.toPrecision(2)))} % of it`;
}

const goldensLine = (graph: PublishReport['graphs'][string]): string => {
  const found = valueOf(graph.goldens);
  return found === undefined
    ? goldensText(graph)
    : `${goldensText(graph)}; answered by onnxruntime ${found.recordedIn === 'native' ? '(native)' : 'in wasm'}`;
};

function proofCells(row: ProofRow): string[] {
  const state = row.within ? (row.looser ? 'looser than the default' : '') : 'over';
  return [
    `${row.graph}.${row.output}`,
    runtimeText(row.runtime),
    String(row.goldens),
    errorText(row.absolute),
    errorText(row.relative),
    likenessText(row.cosine),
    likenessText(row.top1),
    toleranceText(row.tolerance),
    state,
  ];
}

function factsPart({ secondsByStage, upload, added, measurements }: PublishReport): string {
  const { machine, cost = null } = valueOf(measurements) ?? {};
  const seconds = Object.entries(secondsByStage);
  const all = seconds.reduce((sum, [, one]) => sum + one, 0);
  const bars = seconds.map(([name, value]): Bar => ({ name, parts: [{ value, tone: 'main' }], text: `${figureText(value)} s` })); // prettier-ignore
  const sent = `${plural(upload.uploadedBlobs, 'file')} of ${upload.blobs}, ${humanBytes(upload.uploadedBytes)} of ${humanBytes(upload.bytes)}`;
  const facts: [string, string][] = [
    ['uploaded', added ? sent : 'nothing: this version was there already'],
    ...(seconds.length === 0 ? [] : [['all stages', `${figureText(all)} s`] as [string, string]]),
    ...(machine === undefined ? [] : [['measured on', `${machine.cores} × ${machine.cpu}, node ${machine.node}`] as [string, string]]), // prettier-ignore
    ...(cost === null ? [] : [['cost', `${figureText(cost.cpuMsPerRequest)} CPU ms for a request, at ${moneyText(cost.pricePerMillionCpuMs)} for a million CPU ms and ${moneyText(cost.pricePerMillionRequests)} for a million requests`] as [string, string]]), // prettier-ignore
  ];
  return (bars.length === 0 ? '' : barChart({ bars })) + pageFacts(facts);
}
