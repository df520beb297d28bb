import { type BenchRow, rounded } from '../bench-report.js';
import { figuresOf, interleave, type Round, type Step } from '../interleave.js';
import { seededRandom } from '../../seeded-random.js';
import { median, spreadOf } from '../statistics.js';
import type { BareLimit } from './bare-limit.js';
import type { BenchContext } from './bench-context.js';
import { ClosedWindows, windowFigures, windowName } from './closed-windows.js';
import type { Contestant, ContestantName } from './contestant.js';
import { loadWindow } from './load-window.js';

export const connectionCounts = [1, 8, 32, 128] as const;
/** Where the issue compares contestants, and the only number for the slower formats. */
export const comparedConnections = 32;

/** Those that are measured at every number of connections; the others at 32. */
const everywhere: readonly ContestantName[] = ['hono-per-request', 'hono-per-core', 'origin-binary'];

const adjustedLimit = 'bare-loop-adjusted';
const bareLimit = 'bare-loop';

export interface ClosedFigures {
  readonly rows: readonly BenchRow[];
  /** Median answers a second. NaN for what was not measured. */
  readonly ratePerS: (contestant: ContestantName, connections: number) => number;
  /** The best of all numbers of connections that were tried. */
  readonly saturationPerS: (contestant: ContestantName) => number;
  /** The bare loop at its best batch size, with the generator's share of the cores taken away. */
  readonly limitPerS: number;
}

export interface ClosedContestants {
  readonly model: string;
  readonly contestants: readonly Contestant[];
  readonly limit: BareLimit;
  /** The bare loop's best batch size. */
  readonly batch: number;
}

/** Every contestant at every number of connections, and the bare loop with and without the generator's share, in turns. */
export async function closedLoop(context: BenchContext, closed: ClosedContestants): Promise<ClosedFigures> {
  const { samples, progress, signal } = context;
  const windows = new ClosedWindows();
  const steps = stepsOf(context, closed, windows);
  progress.stage(`${closed.model}, closed loop`, steps.length * samples.rounds);
  await firstShare(context, closed, windows);
  const random = seededRandom(3);
  const onRound = (): void => undefined;
  const rounds = await interleave(steps, { warmUpRounds: 0, rounds: samples.rounds, random, signal, onRound });
  const ratePerS = (contestant: ContestantName, connections: number): number =>
    median(figuresOf(rounds, windowName(contestant, connections)));
  const saturationPerS = (contestant: ContestantName): number =>
    Math.max(...connectionCounts.map((count) => ratePerS(contestant, count)).filter((rate) => !Number.isNaN(rate)));
  const limitPerS = median(figuresOf(rounds, adjustedLimit));
  return { rows: rowsOf(closed, rounds, windows), ratePerS, saturationPerS, limitPerS };
}

const countsOf = ({ name }: Contestant): readonly number[] =>
  everywhere.includes(name) ? connectionCounts : [comparedConnections];

function stepsOf(context: BenchContext, closed: ClosedContestants, windows: ClosedWindows): Step[] {
  const { contestants, limit, batch } = closed;
  const ms = 1_000 * context.samples.windowS;
  const steps: Step[] = [
    ...contestants.flatMap((contestant) =>
      countsOf(contestant).map((count) => windowStep(context, contestant, count, windows)),
    ),
    { name: bareLimit, time: () => limit.ratePerS(batch, ms) },
    { name: adjustedLimit, time: () => limit.ratePerS(batch, ms, generatorShare(windows)) },
  ];
  return steps.map((step) => ({
    name: step.name,
    time: async () => {
      const figure = await step.time();
      context.progress.step();
      return figure;
    },
  }));
}

function windowStep(context: BenchContext, contestant: Contestant, connections: number, windows: ClosedWindows): Step {
  const { warmUpS, windowS: seconds } = context.samples;
  const time = async (): Promise<number> => {
    const window = await loadWindow(context, contestant, { kind: 'closed', connections }, { seconds, warmUpS });
    windows.add(contestant.name, connections, window);
    return window.ratePerS;
  };
  return { name: windowName(contestant.name, connections), time };
}

const generatorShare = (windows: ClosedWindows): number => windows.generatorCores('origin-binary', connectionCounts);

/** The adjusted limit may come before the first window of the origin, whose share it needs. No rate is taken of this one. */
async function firstShare(context: BenchContext, closed: ClosedContestants, windows: ClosedWindows): Promise<void> {
  const binary = closed.contestants.find(({ name }) => name === 'origin-binary');
  if (binary !== undefined) await windowStep(context, binary, comparedConnections, windows).time();
}

function rowsOf(
  { model, contestants, batch }: ClosedContestants,
  rounds: readonly Round[],
  windows: ClosedWindows,
): BenchRow[] {
  const rateOf = (step: string): BenchRow => {
    const { p50, mad } = spreadOf(figuresOf(rounds, step));
    return { ratePerS: rounded(p50), madPerS: rounded(mad) };
  };
  const bareRow = (step: string, generatorCores: number): BenchRow => {
    return { model, step: 'closed', server: step, batch, ...rateOf(step), generatorCores: rounded(generatorCores) };
  };
  const windowRow = ({ name }: Contestant, connections: number): BenchRow => {
    const figures = windowFigures(windows.of(name, connections));
    return { model, step: 'closed', server: name, connections, ...rateOf(windowName(name, connections)), ...figures };
  };
  return [
    bareRow(bareLimit, 0),
    bareRow(adjustedLimit, generatorShare(windows)),
    ...contestants.flatMap((contestant) => countsOf(contestant).map((count) => windowRow(contestant, count))),
  ];
}
