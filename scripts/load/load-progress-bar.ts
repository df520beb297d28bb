import cliProgress from 'cli-progress';
import type { Terminal } from '../commands/terminal.js';
import type { LoadPlan, LoadProgress, LoadShape } from './load-plan.js';
import type { LoadStep } from './load-step.js';
import { shapeText } from './report/load-text.js';

/** How a load goes, on standard error: a bar for each run for a person, a line when it has ended for a log. */
export class LoadProgressBar {
  readonly #terminal: Pick<Terminal, 'stderr' | 'interactive'>;
  readonly #totalS: number;
  #bar: cliProgress.SingleBar | undefined;

  constructor(terminal: Pick<Terminal, 'stderr' | 'interactive'>, { warmUpS, seconds }: LoadPlan) {
    this.#terminal = terminal;
    this.#totalS = warmUpS + seconds;
  }

  readonly onStart = (shape: LoadShape): void => {
    if (!this.#terminal.interactive) return;
    const format = `  ${shapeText(shape).padEnd(16)}  {bar} {seconds}  {answered} answered, {refused} refused`;
    this.#bar = new cliProgress.SingleBar(
      { format, hideCursor: true, clearOnComplete: true },
      cliProgress.Presets.shades_grey,
    );
    this.#bar.start(this.#totalS, 0, { seconds: 'warm-up', answered: 0, refused: 0 });
  };

  readonly onProgress = ({ phase, elapsedS, answered, refused }: LoadProgress): void => {
    const seconds = phase === 'measuring' ? `${elapsedS.toFixed(0)} of ${this.#totalS} s` : phase;
    this.#bar?.update(Math.min(elapsedS, this.#totalS), { seconds, answered, refused });
  };

  readonly onStep = ({ shape, result }: LoadStep): void => {
    this.stop();
    const { ratePerS, latency, refused } = result;
    const p99 = latency.p99Ms === null ? '' : `, p99 ${latency.p99Ms.toFixed(1)} ms`;
    const also = refused === 0 ? '' : `, ${refused} refused`;
    this.#terminal.stderr(`  ${shapeText(shape).padEnd(16)}  ${ratePerS.toFixed(1)} answered/s${p99}${also}\n`);
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
