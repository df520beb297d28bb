import { constants } from 'node:os';
import { projectRoot } from '../local/project-root.js';
import type { BenchOptions } from './bench-options.js';
import { BenchProgress } from './bench-progress.js';
import { type BenchReport, reportOf } from './bench-report.js';
import { textOfReport } from './bench-text.js';

export type Measure<Options> = (
  options: Options,
  progress: BenchProgress,
  signal: AbortSignal,
) => Promise<Pick<BenchReport, 'rows' | 'aims'>>;

/** What a benchmark takes on its command line. `parse` throws, and says what is expected. */
export interface BenchCli<Options> {
  readonly parse: (args: readonly string[]) => Options;
  readonly help: string;
}

/**
 * A benchmark as a command: options, progress on standard error, the report on standard output. The exit status is 0
 * when it ran, whatever the figures; 1 when it failed (a wrong answer, for one); 2 for a wrong option; that of the signal when
 * one ended it.
 */
export async function runBench<Options extends BenchOptions>(
  bench: string,
  measure: Measure<Options>,
  { parse, help }: BenchCli<Options>,
): Promise<number> {
  let options: Options;
  try {
    options = parse(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const leaving = new AbortController();
  let signalled = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      signalled = 128 + constants.signals[signal];
      leaving.abort();
    });
  }
  const progress = new BenchProgress(process.stderr);
  const startedAt = performance.now();
  try {
    const figures = await measure(options, progress, leaving.signal);
    progress.stop();
    const report = reportOf(bench, projectRoot(), (performance.now() - startedAt) / 1_000, figures);
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOfReport(report));
    return 0;
  } catch (error) {
    progress.stop();
    if (signalled !== 0) return signalled;
    process.stderr.write(`bench:${bench} failed: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
