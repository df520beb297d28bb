import { escapeHtml, jsonForScript } from './html-escape.js';
import type { LoadReport } from './load-report.js';
import { cardsOf, faultsTable, settingsTable, stepsTable } from './page-parts.js';

/** What goes into the page beside the report: all of it inline, so that the page works offline and in an e-mail. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
  readonly chartStyle: string;
  readonly chartScript: string;
}

/** The report as one HTML document that loads nothing. */
export function loadPage(report: LoadReport, { style, script, chartStyle, chartScript }: PageAssets): string {
  const { model, version, target, startedAt, stopped } = report;
  const name = version === null ? model : `${model} ${version}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Load on ${escapeHtml(name)}</title>
<style>${chartStyle}\n${style}</style>
</head>
<body>
<main>
<h1>Load on ${escapeHtml(name)}</h1>
<p class="quiet">${escapeHtml(target)} · ${escapeHtml(startedAt.slice(0, 19).replace('T', ' '))} UTC${stopped ? ' · stopped before its end' : ''}</p>
${cardsOf(report)}
<h2>Latency and throughput</h2>
<div class="chart" id="chart"></div>
<p class="quiet">Closed loop: so many connections, each sends when its last request is answered. Open loop: Poisson arrivals; latency counts from the moment a request was due.</p>
<h2>Runs</h2>
${stepsTable(report)}
${faultsTable(report)}
<h2>Settings and machine</h2>
${settingsTable(report)}
</main>
<script type="application/json" id="report">${jsonForScript(report)}</script>
<script>${chartScript}</script>
<script>${script}</script>
</body>
</html>
`;
}
