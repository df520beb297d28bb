import { benchOptions, helpText } from './bench-options.js';
import { benchCold } from './cold/bench-cold.js';
import { runBench } from './run-bench.js';

const rounds = 12;
const quickRounds = 3;

/** `npm run bench:cold`: how long a model's first answer takes in an isolate where nothing has started, and its memory. */
process.exitCode = await runBench(
  'cold',
  ({ quick, samples }, progress, signal) => benchCold(samples ?? (quick ? quickRounds : rounds), progress, signal),
  { parse: benchOptions, help: helpText('cold') },
);
