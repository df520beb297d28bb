import cliProgress from 'cli-progress';
import type { PublishEvent, PublishStage } from '../publish/publish-events.js';
import { finishedLine, progressOf, runningText } from '../publish/report/stage-text.js';
import { type FinishedStage, StageTimes } from '../publish/report/stage-times.js';
import type { Terminal } from './terminal.js';

/** Shows how publishing goes, on standard error: a line for each stage that is over, and a bar for who looks on. */
export class PublishProgress {
  readonly #terminal: Pick<Terminal, 'stderr' | 'interactive'>;
  readonly #times: StageTimes;
  #bar: { readonly of: string; readonly bar: cliProgress.SingleBar } | undefined;

  constructor(terminal: Pick<Terminal, 'stderr' | 'interactive'>, nowMs?: () => number) {
    this.#terminal = terminal;
    this.#times = new StageTimes(nowMs);
  }

  readonly onEvent = (event: PublishEvent): void => {
    this.#tell(this.#times.onEvent(event));
    const { running } = this.#times;
    if (running !== undefined && this.#terminal.interactive) this.#draw(running);
  };

  /** Publishing has come to its end: what ran last is over too. */
  finish(): void {
    this.#tell(this.#times.finish());
  }

  /** Takes the bar away. What was not finished is not told as done. */
  stop(): void {
    this.#bar?.bar.stop();
    this.#bar = undefined;
  }

  get secondsByStage(): Partial<Record<PublishStage, number>> {
    return this.#times.secondsByStage;
  }

  #tell(finished: readonly FinishedStage[]): void {
    if (finished.length === 0) return;
    this.stop();
    for (const stage of finished) this.#terminal.stderr(`${finishedLine(stage)}\n`);
  }

  #draw(event: PublishEvent): void {
    const of = runningText(event);
    const { done, total, text } = progressOf(event) ?? { done: 0, total: 1, text: '' };
    if (this.#bar?.of !== of) {
      this.stop();
      const format = text === '' ? '{what} …' : '{what}  {bar} {text}';
      const options = { format, hideCursor: true, clearOnComplete: true, barsize: 24 };
      this.#bar = { of, bar: new cliProgress.SingleBar(options, cliProgress.Presets.shades_grey) };
      this.#bar.bar.start(total, done, { what: of, text });
    }
    this.#bar.bar.update(done, { what: of, text });
  }
}
