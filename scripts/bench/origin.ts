import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadProcess } from '../load/load-process.js';
import { benchOrigin } from './origin/bench-origin.js';
import { originBenchOptions, originHelp } from './origin/origin-options.js';
import { originSamples } from './origin/origin-samples.js';
import { benchOverload } from './origin/overload.js';
import { bundleProcesses } from './origin/processes/bundle-processes.js';
import { runBench } from './run-bench.js';

/** `npm run bench:origin`: the origin beside the bare loop and what people write without it; with `--overload`, too much load. */
const cli = { parse: originBenchOptions, help: originHelp };

process.exitCode = await runBench(
  'origin',
  async (options, progress, signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'brink-bench-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const scripts = await bundleProcesses();
    const load = await LoadProcess.start();
    try {
      const { setup, models, overload } = options;
      const context = { scripts, folder, setup, samples: originSamples(options), load, progress, signal };
      return await (overload ? benchOverload(context, models) : benchOrigin(context, models));
    } finally {
      await load.close();
    }
  },
  cli,
);
