import { RunnerProcess } from '../../../../origin/engine/process/runner-process.js';
import { cpuOnly } from '../../../../origin/runner/session-options.js';
import { wholeTensor } from '../../../../origin/runner/whole-tensor.js';
import { int64 } from '../../tensors.js';

/** A server to be killed: its runner is in a run that takes days. Prints the runner's process id when that has begun. */
const [runnerJs = '', model = '', scratchDir = ''] = process.argv.slice(2);
const options = { runnerJs, scratchDir, threads: 1, providers: cpuOnly, spinning: false };
const runner = await RunnerProcess.spawn(options, () => undefined);
await runner.load({ slow: model }, options);
const runs = [1, 1e9].map((steps) => runner.run('slow', [wholeTensor(int64('steps', steps))]));
await runs[0]; // asked for at once with the next, which the runner has begun when this one is answered
process.stdout.write(`${runner.pid}\n`);
await Promise.all(runs);
