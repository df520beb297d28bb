import cliProgress from 'cli-progress';

/** How a benchmark says how far it is, on standard error: a bar for a person, a line for each stage for a log. */
export class BenchProgress {
  readonly #stderr: { write(text: string): unknown; readonly isTTY?: boolean };
  #bar: cliProgress.SingleBar | undefined;

  constructor(stderr: { write(text: string): unknown; readonly isTTY?: boolean }) {
    this.#stderr = stderr;
  }

  /** The stage that begins, and of how many steps it is; 0 when that is not known. */
  stage(what: string, steps = 0): void {
    this.stop();
    if (this.#stderr.isTTY !== true || steps === 0) {
      this.#stderr.write(`  ${what}\n`);
      return;
    }
    const format = `  ${what}  {bar} {percentage}%  {eta_formatted} left`;
    this.#bar = new cliProgress.SingleBar({ format, hideCursor: true }, cliProgress.Presets.shades_grey);
    this.#bar.start(steps, 0);
  }

  step(): void {
    this.#bar?.increment();
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
