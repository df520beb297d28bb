import { escapeHtml } from '../../page/html-escape.js';
import { type PageAssets, pageShell } from '../../page/page-shell.js';
import type { LoadReport } from './load-report.js';
import { cardsOf, faultsTable, settingsTable, stepsTable } from './page-parts.js';

/** The report as one HTML document that loads nothing. */
export function loadPage(report: LoadReport, assets: PageAssets): string {
  const { model, version, target, startedAt, stopped } = report;
  const name = version === null ? model : `${model} ${version}`;
  const body = `<p class="quiet">${escapeHtml(target)} · ${escapeHtml(startedAt.slice(0, 19).replace('T', ' '))} UTC${stopped ? ' · stopped before its end' : ''}</p>
${cardsOf(report)}
<h2>Latency and throughput</h2>
<div class="chart" id="chart"></div>
<p class="quiet">Closed loop: so many connections, each sends when its last request is answered. Open loop: Poisson arrivals; latency counts from the moment a request was due.</p>
<h2>Runs</h2>
${stepsTable(report)}
${faultsTable(report)}
<h2>Settings and machine</h2>
${settingsTable(report)}`;
  return pageShell({ title: `Load on ${name}`, body, data: report }, assets);
}
