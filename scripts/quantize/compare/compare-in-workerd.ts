import { median } from '../../bench/statistics.js';
import type { GraphBytes } from '../../publish/throw-away-runner.js';
import type { Example } from '../../publish/goldens/example.js';
import type { EdgeTrial } from '../../trial/edge-trial.js';
import { type AnswerPair, outputErrors, type OutputFigures } from './output-errors.js';

export interface ComparedInWorkerd {
  /** Medians over all rounds of the slowest example, in milliseconds; null where nothing was timed. */
  readonly fp32Ms: number | null;
  readonly quantizedMs: number | null;
  readonly outputs: readonly OutputFigures[];
}

export interface CompareOptions {
  /** How often each is timed, one after the other; 0: outputs alone. */
  readonly rounds: number;
  readonly signal?: AbortSignal | undefined;
}

const names = ['fp32', 'quantized'] as const;

/**
 * Both graphs in one isolate of a real workerd: what they answer to the examples, and, turn by turn, how long that takes.
 * Errors are the trial's (scripts/trial/edge-trial.ts).
 */
export async function compareInWorkerd(
  trial: EdgeTrial,
  graphs: Readonly<Record<(typeof names)[number], GraphBytes>>,
  examples: readonly Example[],
  { rounds, signal }: CompareOptions,
): Promise<ComparedInWorkerd> {
  const loaded: string[] = [];
  try {
    for (const name of names) {
      await trial.load(name, graphs[name], { optimised: true });
      loaded.push(name);
    }
    const pairs: AnswerPair[] = [];
    let [slowest, slowestMs] = [examples[0], 0];
    for (const example of examples) {
      signal?.throwIfAborted();
      const { outputs: expected } = await trial.run('fp32', example.inputs);
      const again = await trial.run('quantized', example.inputs);
      pairs.push({ expected, got: again.outputs });
      if (again.firstMs > slowestMs) [slowest, slowestMs] = [example, again.firstMs];
    }
    const timed: Record<(typeof names)[number], number[]> = { fp32: [], quantized: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) {
        signal?.throwIfAborted();
        const { runMs } = await trial.run(name, slowest?.inputs ?? [], { times: timesOf(slowestMs) });
        timed[name].push(median(runMs));
      }
    }
    const ms = (runs: readonly number[]): number | null => (runs.length === 0 ? null : median(runs));
    return { fp32Ms: ms(timed.fp32), quantizedMs: ms(timed.quantized), outputs: outputErrors(pairs) };
  } finally {
    for (const name of loaded) await trial.release(name).catch(() => undefined); // the trial may have ended
  }
}

/** Runs of one turn: about as many as take a tenth of a second. */
const timesOf = (runMs: number): number => Math.min(50, Math.max(1, Math.round(100 / Math.max(1, runMs))));
