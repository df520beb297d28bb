import { type BenchOptions, benchOptions, helpText } from './bench-options.js';
import { benchEdge, type EdgeSamples } from './edge/bench-edge.js';
import { runBench } from './run-bench.js';

/** `npm run bench:edge`: what a request costs at the edge beside the run itself, and what a cold start is made of. */
process.exitCode = await runBench(
  'edge',
  (options, progress, signal) => benchEdge(samplesOf(options), progress, signal),
  { parse: benchOptions, help: helpText('edge') },
);

function samplesOf({ quick, samples }: BenchOptions): EdgeSamples {
  if (samples !== undefined) {
    const warmUp = { 'ocr-line': 1, orientation: 1 };
    return { warmUpRounds: warmUp, rounds: { 'ocr-line': samples, orientation: samples }, coldRounds: samples };
  }
  const warmUpRounds = { 'ocr-line': 10, orientation: 150 };
  if (quick) {
    return { warmUpRounds, rounds: { 'ocr-line': 40, orientation: 300 }, coldRounds: 3 };
  }
  return { warmUpRounds, rounds: { 'ocr-line': 250, orientation: 1_500 }, coldRounds: 10 };
}
