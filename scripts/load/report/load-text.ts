import { table } from '../../commands/table.js';
import type { LoadShape } from '../load-plan.js';
import type { LoadStep } from '../load-step.js';
import type { LoadReport } from './load-report.js';

/** `8 connections`, `120/s` */
export function shapeText(shape: LoadShape): string {
  if (shape.kind === 'open') return `${shape.ratePerS}/s`;
  return `${shape.connections} connection${shape.connections === 1 ? '' : 's'}`;
}

/** The report for people. */
export function loadText(report: LoadReport): string {
  const { model, version, target, protocol, traffic, steps, cpus, node, commit } = report;
  const bodies = traffic.bodies === 1 ? 'one request' : `${traffic.bodies} requests`;
  const about =
    `${model}${version === null ? '' : ` ${version}`} at ${target}, ${protocol}: ${bodies} of ${traffic.from}, ` +
    `${traffic.meanBytes} B on average\n${cpus}, node ${node}, commit ${commit}`;
  if (steps.length === 0) return `${about}\nNo run came to its end.`;
  return [about, '', table(columns, steps.map(rowOf)), '', ...remarksOf(report)].join('\n');
}

const right = 'right' as const;
const columns = [
  { head: 'LOAD' },
  { head: 'GOOD/S', align: right },
  { head: 'P50 MS', align: right },
  { head: 'P95 MS', align: right },
  { head: 'P99 MS', align: right },
  { head: 'MAX MS', align: right },
  { head: 'SENT', align: right },
  { head: 'REFUSED', align: right },
  { head: 'FAILED', align: right },
  { head: 'LATE %', align: right },
  { head: 'CORES', align: right },
  { head: '' },
];

function rowOf({ shape, result }: LoadStep): string[] {
  const { ratePerS, latency, sent, refused, failed, wrong, timedOut, lateSentShare, generatorCores } = result;
  const ms = (figure: number | null): string => (figure === null ? '-' : figure.toFixed(1));
  return [
    shapeText(shape),
    ratePerS.toFixed(1),
    ms(latency.p50Ms),
    ms(latency.p95Ms),
    ms(latency.p99Ms),
    ms(latency.maxMs),
    String(sent),
    String(refused),
    String(failed + wrong + timedOut),
    (100 * lateSentShare).toFixed(1),
    generatorCores.toFixed(2),
    remarkOf(result),
  ];
}

function remarkOf({ valid, steady, ended }: LoadStep['result']): string {
  if (ended === 'stopped') return 'stopped';
  if (!valid) return 'NOT VALID';
  return steady ? '' : 'not steady';
}

function remarksOf(report: LoadReport): string[] {
  const { saturation, headline, servedBy, steps, stopped } = report;
  const lines: string[] = [];
  const perS = (rate: number): string => `${rate.toFixed(1)} a second`;
  if (saturation !== null) {
    const more = saturation.reached ? '' : '; it was still growing when the search ended';
    lines.push(`Saturation: ${perS(saturation.ratePerS)}, from ${saturation.connections} connections on${more}.`);
  }
  if (headline !== null) {
    const share = `${100 * headline.shareMin} % within ${headline.boundMs} ms`;
    lines.push(
      headline.ratePerS === null
        ? `No rate held with ${share}.`
        : `Highest rate with ${share}: ${perS(headline.ratePerS)}.`,
    );
  }
  const who = Object.entries(servedBy).map(([name, count]) => `${name} ${count}`);
  if (who.length > 0) lines.push(`Answered by: ${who.join(', ')}.`);
  lines.push(...faultLines(steps));
  if (stopped) lines.push('Stopped before its end.');
  return lines;
}

/** What went wrong, and why a run does not count. */
function faultLines(steps: readonly LoadStep[]): string[] {
  const lines = steps.flatMap(({ shape, result }) =>
    result.invalidBecause === null || result.ended === 'stopped'
      ? []
      : [`Not valid: ${shapeText(shape)}: ${result.invalidBecause}.`],
  );
  const kinds = new Map<string, number>();
  let withoutRetryAfter = 0;
  for (const { result } of steps) {
    withoutRetryAfter += result.withoutRetryAfter;
    for (const [kind, count] of Object.entries(result.kinds)) {
      if (!/^(2\d\d|grpc 0)$/.test(kind)) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    }
  }
  if (kinds.size > 0)
    lines.push(`Not answered: ${[...kinds].map(([kind, count]) => `${kind} × ${count}`).join(', ')}.`);
  if (withoutRetryAfter > 0) lines.push(`Refused without retry-after: ${withoutRetryAfter}.`);
  return lines;
}
