import { describe, expect, it } from 'vitest';
import { pageAssets } from '../../../../scripts/page/page-assets.js';
import type { PublishReport } from '../../../../scripts/publish/report/publish-report.js';
import { reportPage } from '../../../../scripts/publish/report/report-page.js';
import { reportPageFiles } from '../../../../scripts/publish/report/write-report-page.js';
import { emptyReport, fullMeasurements, fullReport } from './full-report.js';

const pageOf = async (report: PublishReport): Promise<string> => reportPage(report, await pageAssets(reportPageFiles));
/** The page without what is inlined. */
const markup = (page: string): string => page.replaceAll(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '');

describe('the page of a publish', () => {
  it('shows every figure: sizes, latencies, memory, batches, errors, cost, machine', async () => {
    const page = markup(await pageOf(fullReport));
    const sizes = ['ch_PP-OCRv4_rec_infer.onnx', '10.8 MB → 10.9 MB', '+0.4 %', '260 kB + 10.6 MB', 'its weights beside it']; // prettier-ignore
    const latencies = ['218 ms', '33.3 ms, p95 41.6 ms', '<td>132</td>', '<td>58.4</td>', 'x [1, 3, 48, 320]'];
    const memory = ['45.0 MB loaded', '28.0 MB loaded, 35.4 MB at peak', '93.4 MB heap, 110 MB with artifacts', 'budget of the heap, 96.0 MB', 'budget of the isolate, 128 MB']; // prettier-ignore
    const batches = ['recognise: 44.9·n − 16.8 ms', 'data-graph="recognise"', '<td>706</td>', '<td>knee</td>'];
    const errors = ['62 % of it', '<td>6.2e-4</td>', '0.001 absolute or 0.001 relative', 'looser than the default', '12 from examples; answered by onnxruntime (native)', '8 generated, seed 1']; // prettier-ignore
    const others = ['edge, origin', 'the three graphs together', '$7.35', '352 CPU ms', '19.6 s', '6 files of 31', '2 × EPYC 7B13, node v20.19.0', 'was left out', fullReport.digest]; // prettier-ignore
    for (const text of [...sizes, ...latencies, ...memory, ...batches, ...errors, ...others]) {
      expect(page).toContain(text);
    }
  });

  it('holds the whole report as data', async () => {
    const json =
      /<script type="application\/json" id="report">(.*)<\/script>/.exec(await pageOf(fullReport))?.[1] ?? '';
    expect(JSON.parse(json)).toEqual(fullReport);
  });

  it('loads nothing, and could not', async () => {
    const page = await pageOf(fullReport);
    expect(page).toContain('var uPlot=');
    expect(page).not.toMatch(/<link|<img|<iframe|@import|url\(|\ssrc=|\shref=|fetch\(|XMLHttpRequest|WebSocket/);
    expect(page).toContain("default-src 'none'");
  });

  it('takes text as text, wherever it comes from', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    const names = /\b(detect|recognise|turn|probabilities|scores|map|x|ocr-line|v4|EPYC 7B13|v20\.19\.0)\b/g;
    const kept = /^(main|text|edge|origin|native|workerd|generated|examples)$/;
    const hostile = (value: unknown): unknown => {
      if (typeof value === 'string') return kept.test(value) ? value : `${evil}${value}`;
      if (Array.isArray(value)) return value.map(hostile);
      if (typeof value !== 'object' || value === null) return value;
      const members = Object.entries(value).map(([key, one]) => [
        key.replace(names, (name) => evil + name),
        hostile(one),
      ]);
      return Object.fromEntries(members) as unknown;
    };
    const report = { ...(hostile(fullReport) as PublishReport), createdAt: fullReport.createdAt };
    const page = await pageOf(report);
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(page).not.toContain('<script>alert(1)');
    expect(page).not.toContain('<img');
    expect(page.match(/<\/script>/g)).toHaveLength(3);
  });

  it('says of every part that was not run why', async () => {
    const page = markup(await pageOf(emptyReport));
    expect(page.match(/Not measured: --no-measure was given\./g)).toHaveLength(3);
    expect(page).toContain('Not proven: a plan was replayed.');
    expect(page).toContain('not recorded: a plan was replayed');
    expect(page).not.toMatch(/undefined|NaN|Infinity/);
  });

  it('says of a tier that was not measured that it was not', async () => {
    const none = { ...fullMeasurements, edge: null, isolate: null, origin: null, cost: null };
    const page = markup(await pageOf({ ...fullReport, graphs: {}, measurements: { value: none } }));
    expect(page.match(/Not measured at the edge/g)).toHaveLength(2);
    expect(page).toContain('Not measured at the origin');
    expect(page).not.toMatch(/undefined|NaN|Infinity/);
  });

  it('draws nothing outside of its place, whatever is over its limit', async () => {
    const isolate = { ...fullMeasurements.isolate!, heapPeakBytes: 400e6, peakBytes: 500e6 };
    const page = markup(await pageOf({ ...fullReport, measurements: { value: { ...fullMeasurements, isolate } } }));
    const places = [...page.matchAll(/(?:left|width):([-\d.]+)%/g)].map(([, share]) => Number(share));
    expect(places.length).toBeGreaterThan(20);
    expect(places.filter((share) => share < 0 || share > 100)).toEqual([]);
    expect(page).toContain('class="bad"');
  });
});
