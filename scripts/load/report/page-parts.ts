import { escapeHtml } from '../../page/html-escape.js';
import type { LoadReport } from './load-report.js';
import { shapeText } from './load-text.js';

/** The figures that matter most, large. */
export function cardsOf({ saturation, headline, steps, servedBy }: LoadReport): string {
  const cards: string[] = [];
  if (saturation !== null) {
    const from = `saturation, from ${saturation.connections} connections on${saturation.reached ? '' : ' (still growing)'}`;
    cards.push(card(`${figure(saturation.ratePerS)}/s`, from));
  }
  if (headline !== null) {
    const bound = `highest rate with ${100 * headline.shareMin} % within ${headline.boundMs} ms`;
    cards.push(card(headline.ratePerS === null ? 'none' : `${figure(headline.ratePerS)}/s`, bound));
  }
  const p50s = steps.flatMap(({ result }) => (result.latency.p50Ms === null ? [] : [result.latency.p50Ms]));
  if (p50s.length > 0) cards.push(card(`${figure(Math.min(...p50s))} ms`, 'lowest median latency of a run'));
  for (const [who, count] of Object.entries(servedBy)) cards.push(card(String(count), `answered by ${who}`));
  return `<div class="cards">${cards.join('')}</div>`;
}

const card = (large: string, small: string): string =>
  `<div class="card"><b>${escapeHtml(large)}</b><span class="quiet">${escapeHtml(small)}</span></div>`;

const heads = [
  'load', 'good/s', 'p50 ms', 'p90', 'p95', 'p99', 'p99.9', 'max', 'sent', 'answered', 'refused', 'failed', 'wrong',
  'timed out', 'late %', 'gen. cores',
]; // prettier-ignore

export function stepsTable({ steps }: LoadReport): string {
  const rows = steps.map(({ shape, result }) => {
    const { latency, sent, answered, refused, failed, wrong, timedOut } = result;
    const cells = [
      shapeText(shape) + (result.valid ? '' : ' ✗'),
      figure(result.ratePerS),
      ...[latency.p50Ms, latency.p90Ms, latency.p95Ms, latency.p99Ms, latency.p999Ms, latency.maxMs].map(figure),
      ...[sent, answered, refused, failed, wrong, timedOut].map(String),
      (100 * result.lateSentShare).toFixed(1),
      result.generatorCores.toFixed(2),
    ];
    return `<tr${result.valid ? '' : ' class="bad"'}>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  const head = heads.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  return `<div class="wide"><table class="figures"><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** Why runs do not count, and what went wrong; nothing where nothing did. */
export function faultsTable({ steps }: LoadReport): string {
  const lines = steps.flatMap(({ shape, result }) => {
    const kinds = Object.entries(result.kinds).filter(([kind]) => !/^(2\d\d|grpc 0)$/.test(kind));
    return [
      ...(result.invalidBecause === null ? [] : [`${shapeText(shape)} does not count: ${result.invalidBecause}`]),
      ...(kinds.length === 0
        ? []
        : [`${shapeText(shape)}: ${kinds.map(([kind, count]) => `${kind} × ${count}`).join(', ')}`]),
    ];
  });
  return lines.map((line) => `<p class="bad">${escapeHtml(line)}</p>`).join('');
}

export function settingsTable(report: LoadReport): string {
  const { protocol, tier, traffic, settings, cpus, node, commit, elapsedS } = report;
  const rows: readonly (readonly [string, string])[] = [
    ['traffic', `${traffic.from}, ${traffic.meanBytes} bytes on average`],
    ['protocol', protocol],
    ['tier', tier ?? 'as the server plans it'],
    ['each run', `${settings.warmUpS} s of warm-up, then ${settings.seconds} s that count`],
    ['cut off after', `${settings.timeoutMs} ms`],
    ['latency bound', settings.boundMs === null ? 'none' : `${settings.boundMs} ms`],
    ['seed', String(settings.seed)],
    ['machine of the generator', cpus],
    ['node', node],
    ['commit', commit],
    ['all of it took', `${elapsedS} s`],
  ];
  const cells = rows.map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`);
  return `<table class="settings"><tbody>${cells.join('')}</tbody></table>`;
}

function figure(value: number | null): string {
  if (value === null) return '–';
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
}
