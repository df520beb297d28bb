import { describe, expect, it } from 'vitest';
import { loadPage } from '../../../scripts/load/report/load-page.js';
import type { LoadReport } from '../../../scripts/load/report/load-report.js';
import { loadText } from '../../../scripts/load/report/load-text.js';
import { loadPageFiles } from '../../../scripts/load/report/write-load-page.js';
import { pageAssets } from '../../../scripts/page/page-assets.js';
import { resultOf } from './load-results.js';

const latency = { p50Ms: 10.5, p90Ms: 11, p95Ms: 12.25, p99Ms: 31.5, p999Ms: 40, maxMs: 41.75 };
const report: LoadReport = {
  model: 'double',
  version: null,
  target: 'http://127.0.0.1:8000/v2/models/double/infer',
  protocol: 'binary',
  tier: null,
  traffic: { from: '</script><script>alert(1)</script>', bodies: 2, meanBytes: 393 },
  settings: { warmUpS: 1, seconds: 3, timeoutMs: 10_000, boundMs: 60, seed: 1 },
  steps: [
    {
      shape: { kind: 'closed', connections: 8 },
      result: resultOf({
        sent: 1_234,
        answered: 1_200,
        refused: 34,
        withoutRetryAfter: 4,
        kinds: { 200: 1_200, 503: 34 },
        ratePerS: 398.7,
        latency,
      }),
    },
    {
      shape: { kind: 'open', ratePerS: 119.29, seed: 1, connectionsMax: 512 },
      result: resultOf({ valid: false, invalidBecause: 'it was late', lateSentShare: 0.029, latency }),
    },
  ],
  saturation: { ratePerS: 398.7, connections: 8, reached: true },
  headline: { ratePerS: 284.04, boundMs: 60, shareMin: 0.99 },
  servedBy: { 'edge v1': 1_100, 'origin v1': 100 },
  stopped: false,
  startedAt: '2026-01-02T03:04:05.678Z',
  elapsedS: 12.3,
  node: 'v20.0.0',
  cpus: '2 × CPU',
  commit: 'abcdef',
};

describe('the page of a load', () => {
  it('holds the figures, the settings, the machine and the whole report', async () => {
    const page = loadPage(report, await pageAssets(loadPageFiles));
    for (const text of [
      '398.7',
      '399/s',
      '284/s',
      '31.5',
      '1234',
      '119.29/s ✗',
      'it was late',
      '503 × 34',
      'edge v1',
    ]) {
      expect(page).toContain(text);
    }
    for (const text of ['2 × CPU', 'v20.0.0', 'abcdef', '393 bytes', '10000 ms']) expect(page).toContain(text);
    const json = /<script type="application\/json" id="report">(.*)<\/script>/.exec(page)?.[1] ?? '';
    expect(JSON.parse(json)).toEqual(report);
  });

  it('loads nothing: chart, style and data are in it, and its policy allows nothing else', async () => {
    const page = loadPage(report, await pageAssets(loadPageFiles));
    expect(page).toContain('var uPlot=');
    expect(page).toContain('.u-legend');
    expect(page).not.toMatch(/<link|<img|<iframe|@import|url\(|\ssrc=|\shref=|fetch\(|XMLHttpRequest|WebSocket/);
    expect(page).toContain("default-src 'none'");
  });

  it('takes text as text, wherever it comes from', async () => {
    const page = loadPage(report, await pageAssets(loadPageFiles));
    expect(page).not.toContain('<script>alert(1)');
    expect(page.match(/<\/script>/g)).toHaveLength(3);
  });

  it('stands with no run at all', async () => {
    const none = { ...report, steps: [], saturation: null, headline: null, servedBy: {} };
    expect(loadPage(none, await pageAssets(loadPageFiles))).toContain('<h2>Runs</h2>');
    expect(loadText(none)).toContain('No run came to its end.');
  });
});

describe('the table of a load', () => {
  it('has a line for each run, what was found, and what went wrong', () => {
    const text = loadText(report);
    expect(text).toMatch(/8 connections +398\.7 +10\.5 +12\.3 +31\.5 +41\.8 +1234 +34 +0 +0\.0/);
    expect(text).toMatch(/119\.29\/s .*NOT VALID/);
    expect(text).toContain('Saturation: 398.7 a second, from 8 connections on.');
    expect(text).toContain('Highest rate with 99 % within 60 ms: 284.0 a second.');
    expect(text).toContain('Answered by: edge v1 1100, origin v1 100.');
    expect(text).toContain('Not valid: 119.29/s: it was late.');
    expect(text).toContain('Not answered: 503 × 34.');
    expect(text).toContain('Refused without retry-after: 4.');
  });
});
