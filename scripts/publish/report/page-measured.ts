import type { Measurements } from '../../../shared/measure/measurements.js';
import { humanBytes } from '../../commands/format.js';
import { escapeHtml } from '../../page/html-escape.js';
import { figureText, lineText } from './figure-text.js';
import { type Bar, barChart } from './page-bars.js';
import { note, notRunNote, pageTable } from './page-table.js';
import type { PublishReport } from './publish-report.js';
import { valueOf } from './section.js';

const notThere = 'nothing of this version was measured there';

/** How long a cold start takes at the edge, by what it consists of, and a warm run. */
export function latencySection({ edge, isolate }: Measurements): string {
  if (edge === null) return notRunNote('Not measured at the edge', notThere);
  const startMs = isolate?.startMs ?? 0;
  const bars = Object.entries(edge).flatMap(([name, { createMs, firstRunMs, runP50Ms, runP95Ms }]): Bar[] => [
    {
      name: `${name}, cold`,
      parts: [
        { value: startMs, tone: 'before' },
        { value: createMs, tone: 'main' },
        { value: firstRunMs, tone: 'second' },
      ],
      text: `${figureText(startMs + createMs + firstRunMs)} ms`,
    },
    {
      name: `${name}, warm`,
      parts: [{ value: runP50Ms, tone: 'third' }],
      text: `${figureText(runP50Ms)} ms, p95 ${figureText(runP95Ms)} ms`,
    },
  ]);
  const legend = [
    { tone: 'before', text: 'start of onnxruntime' },
    { tone: 'main', text: 'session creation' },
    { tone: 'second', text: 'first run' },
    { tone: 'third', text: 'a warm run, p50' },
  ] as const;
  const rows = Object.entries(edge).map(([name, figures]) => [
    name,
    ...[startMs, figures.createMs, figures.firstRunMs, figures.runP50Ms, figures.runP95Ms].map(figureText),
    shapesText(figures.shapes),
  ]);
  const heads = ['graph', 'start ms', 'create ms', 'first run ms', 'warm p50 ms', 'warm p95 ms', 'measured with'];
  return barChart({ bars, legend }) + pageTable(heads, rows);
}

const shapesText = (shapes: Readonly<Record<string, readonly number[]>>): string =>
  Object.entries(shapes).map(([input, shape]) => `${input} [${shape.join(', ')}]`).join(', '); // prettier-ignore

/** Heaps and copies of artifacts against what there is. */
export function memorySection(report: PublishReport, { edge, isolate, budget }: Measurements): string {
  if (edge === null && isolate === null) return notRunNote('Not measured at the edge', notThere);
  const bars = Object.entries(edge ?? {}).flatMap(([name, figures]): Bar[] => {
    const { heapLoadedBytes, heapPeakBytes } = figures;
    const naive = valueOf(report.graphs[name]?.compiled ?? notKnown)?.naive;
    const author: Bar[] =
      naive === undefined
        ? []
        : [{ name: `${name}, its author's file`, parts: [{ value: naive.heapLoadedBytes, tone: 'before' }], text: `${humanBytes(naive.heapLoadedBytes)} loaded` }]; // prettier-ignore
    const running = Math.max(0, heapPeakBytes - heapLoadedBytes);
    const parts = [
      { value: heapLoadedBytes, tone: 'main' as const },
      { value: running, tone: 'second' as const },
    ];
    return [
      ...author,
      { name, parts, text: `${humanBytes(heapLoadedBytes)} loaded, ${humanBytes(heapPeakBytes)} at peak` },
    ];
  });
  if (isolate !== null) {
    const { heapPeakBytes, peakBytes } = isolate;
    const { baseBytes = 0 } = budget;
    const parts = [
      { value: heapPeakBytes, tone: heapPeakBytes > budget.heapBytes ? ('bad' as const) : ('main' as const) },
      { value: Math.max(0, peakBytes - heapPeakBytes) + baseBytes, tone: 'third' as const },
    ];
    const text = `${humanBytes(heapPeakBytes)} heap, ${humanBytes(peakBytes + baseBytes)} with artifacts${baseBytes === 0 ? '' : " and the isolate's own"}`;
    bars.push({ name: 'all graphs together', parts, text });
  }
  const marks = [
    { at: budget.heapBytes, text: `budget of the heap, ${humanBytes(budget.heapBytes)}` },
    { at: budget.isolateBytes, text: `budget of the isolate, ${humanBytes(budget.isolateBytes)}` },
  ];
  const legend = [
    { tone: 'main', text: 'heap, loaded' },
    { tone: 'second', text: 'heap, while it runs' },
    { tone: 'third', text: 'copies of artifacts' },
  ] as const;
  return (
    barChart({ bars, marks, legend }) + note('The heap of onnxruntime-web never shrinks: what counts is its peak.')
  );
}

const notKnown = { notRun: '' } as const;

/** Batches at the origin; the page's script draws the plots. */
export function originSection({ origin }: Measurements): string {
  if (origin === null) return notRunNote('Not measured at the origin', notThere);
  const plots = Object.keys(origin).map(
    (name) => `<figure class="chart"><figcaption>${escapeHtml(name)}</figcaption><div class="plot" data-graph="${escapeHtml(name)}"></div></figure>`, // prettier-ignore
  );
  const rows = Object.entries(origin).flatMap(([name, { batches, knee, profile }]) =>
    batches.map((batch, at) => [
      at === 0 ? name : '',
      String(batch.rows),
      figureText(batch.runMs),
      figureText(batch.itemMs),
      profile === null ? '–' : figureText(profile.aMs * batch.rows + profile.bMs),
      batch.rows === knee ? 'knee' : '',
    ]),
  );
  const fits = Object.entries(origin).flatMap(([name, { profile }]) =>
    profile === null ? [] : [`${name}: ${lineText(profile)}`],
  );
  const heads = ['graph', 'rows', 'run ms', 'item ms', 'fitted run ms', ''];
  const fitted = fits.length === 0 ? '' : note(`A run of n rows: ${fits.join('; ')}.`);
  return `<div class="plots">${plots.join('')}</div>${fitted}${pageTable(heads, rows)}`;
}
