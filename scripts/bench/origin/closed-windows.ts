import { type BenchRow, rounded } from '../bench-report.js';
import { median } from '../statistics.js';
import type { ContestantName } from './contestant.js';
import type { LoadWindowFigures } from './load-window.js';

/** The windows of a closed loop, by contestant and connections. */
export class ClosedWindows {
  readonly #windows = new Map<string, LoadWindowFigures[]>();

  add(contestant: ContestantName, connections: number, window: LoadWindowFigures): void {
    const step = windowName(contestant, connections);
    this.#windows.set(step, [...(this.#windows.get(step) ?? []), window]);
  }

  of(contestant: ContestantName, connections: number): readonly LoadWindowFigures[] {
    return this.#windows.get(windowName(contestant, connections)) ?? [];
  }

  /** What the generator took of the machine at that number of connections at which the contestant answered most. */
  generatorCores(contestant: ContestantName, counts: readonly number[]): number {
    const found = counts.map((count) => this.of(contestant, count)).filter((windows) => windows.length > 0);
    const rate = (windows: readonly LoadWindowFigures[]): number => median(windows.map(({ ratePerS }) => ratePerS));
    const [most] = found.sort((a, b) => rate(b) - rate(a));
    return most === undefined ? 0 : median(most.map(({ generatorCores }) => generatorCores));
  }
}

export const windowName = (contestant: ContestantName, connections: number): string => `${contestant} ${connections}`;

/** What a row says of its windows beside the rate: medians over windows, sums of counts. */
export function windowFigures(windows: readonly LoadWindowFigures[]): BenchRow {
  const medianOf = (figure: (window: LoadWindowFigures) => number | null): number =>
    rounded(median(windows.map(figure).filter((value) => value !== null)));
  const sumOf = (figure: (window: LoadWindowFigures) => number): number =>
    windows.reduce((all, window) => all + figure(window), 0);
  return {
    p50Ms: medianOf(({ latency }) => latency.p50Ms),
    p99Ms: medianOf(({ latency }) => latency.p99Ms),
    sent: sumOf(({ sent }) => sent),
    refused: sumOf(({ refused }) => refused),
    failed: sumOf(({ failed, timedOut }) => failed + timedOut),
    generatorCores: medianOf(({ generatorCores }) => generatorCores),
    serverCores: medianOf(({ serverCores }) => serverCores),
  };
}
