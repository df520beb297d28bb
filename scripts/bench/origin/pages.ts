import { join } from 'node:path';
import { projectRoot } from '../../local/project-root.js';
import { prepareVersion } from '../../publish/prepare-version.js';
import { type BenchRow, rounded } from '../bench-report.js';
import type { BenchContext } from './bench-context.js';
import { windowFigures } from './closed-windows.js';
import { a4Page } from './models/a4-page.js';
import { loadWindow } from './load-window.js';
import { LoopDelayWatch } from './origin-figures.js';
import { OriginUnderTest } from './origin-under-test.js';

const model = 'ocr-page';
const connections = 2;

export interface PagesFigures {
  readonly rows: readonly BenchRow[];
  readonly loopDelayP99Ms: number;
}

/** A4 JPEGs through `predict`, each a third of a second of decoding, and how late the server's event loop is meanwhile. */
export async function pages(context: BenchContext): Promise<PagesFigures> {
  const { folder, setup, samples, signal, progress } = context;
  progress.stage('A4 pages through predict');
  const version = await prepareVersion(join(projectRoot(), 'models', model), { trials: false });
  const page = await a4Page();
  const origin = await OriginUnderTest.start({ folder, setup, versions: [version] });
  try {
    await origin.whenReady(version, signal);
    const path = `/v1/models/${model}/predict`;
    const headers = { 'content-type': 'image/jpeg', 'x-brink-timeout-ms': '60000' };
    const linesOnPage = await readPage(`${origin.url}${path}`, headers, page, signal);
    const contestant = {
      name: 'origin-predict',
      pid: origin.pid,
      target: { kind: 'http', url: origin.url, method: 'POST', path, headers },
      bodies: [{ bytes: page }],
    } as const;
    const watch = await LoopDelayWatch.begin(origin);
    const shape = { kind: 'closed', connections } as const;
    const window = await loadWindow(context, contestant, shape, { seconds: samples.pagesS, warmUpS: 0 });
    const loopDelayP99Ms = await watch.p99Ms();
    const about = { model, server: contestant.name, connections };
    const read = { step: 'A4 pages', ratePerS: rounded(window.ratePerS), lines: linesOnPage };
    return {
      rows: [
        { ...about, ...read, ...windowFigures([window]) },
        { ...about, step: 'event loop', p99Ms: rounded(loopDelayP99Ms) },
      ],
      loopDelayP99Ms,
    };
  } finally {
    await origin.stop();
  }
}

/** The first page loads everything, and shows that text comes back: how many lines. */
async function readPage(
  url: string,
  headers: Readonly<Record<string, string>>,
  page: Uint8Array,
  signal: AbortSignal,
): Promise<number> {
  const response = await fetch(url, { method: 'POST', headers, body: page as Uint8Array<ArrayBuffer>, signal });
  const text = await response.text();
  const lines = response.ok ? (JSON.parse(text) as { lines?: unknown[] }).lines?.length : undefined;
  if (lines === undefined || lines === 0)
    throw new Error(`${model}: expected lines of text, got ${text.slice(0, 200)}`);
  return lines;
}
