import type { Command } from 'commander';
import { writePlan } from '../publish/plan/plan-file.js';
import { type PrepareOptions, prepareVersion } from '../publish/prepare-version.js';
import { publish } from '../publish/publish.js';
import { makeReport } from '../publish/report/make-report.js';
import { writeReportPage } from '../publish/report/write-report-page.js';
import { readKeyFile } from '../signing/key-file.js';
import { checkWritable } from '../page/write-page.js';
import { signDigest } from '../signing/sign-manifest.js';
import { type CommonFlags, name, withCommon } from './common-options.js';
import { planPathOf } from './plan-path.js';
import { PublishProgress } from './publish-progress.js';
import { publishedText } from './published-text.js';
import { mib, price } from './publish-numbers.js';
import { runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';

interface PublishFlags extends CommonFlags {
  readonly as?: string;
  readonly name?: string;
  readonly why: string;
  readonly optimise: boolean;
  readonly measure: boolean;
  readonly examples?: string;
  readonly plan?: string | false;
  readonly writePlan?: boolean;
  readonly sign?: string;
  readonly report?: string;
  readonly heapMib?: number;
  readonly isolateMib?: number;
  readonly cpuPrice?: number;
  readonly requestPrice?: number;
}

export function addPublish(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('publish')
      .summary('store a new version of a model')
      .description(
        'Stores a version of a model: a folder with a definition (definition.ts, .js, .mjs or .json), or a bare .onnx file.\n' +
          'Graphs are checked, run once in a process that is thrown away, and optimised for loading. What is stored is held against\n' +
          'what the graphs themselves answer, with onnxruntime and in workerd, and measured: where it runs is decided by that.\n' +
          'Files that the server has already are not sent again. Publishing never changes what is served: promote does.',
      )
      .argument('<folder|model.onnx>', 'the folder, definition file or .onnx file')
      .option('--as <version>', "the version's name (default: the next v<N>)", name)
      .option('--name <model>', "the model's name (default: the definition's, or the file's)", name)
      .option('--examples <path>', 'requests or tensors (.npz, .json, or what the handler takes) to hold it against')
      .option('--report <out.html>', 'also write what was found as a page: tables and plots, one file')
      .option('--sign <key.pem>', 'sign it (brink keys new)')
      .option('--write-plan', 'keep what was decided in plan.json: the same files are then not measured again')
      .option('--plan <path>', "the plan, or its folder (default: the definition's; --no-plan decides anew)")
      .option('--no-plan')
      .option('--no-optimise', 'store the graphs as they are: every edge optimises them whenever it loads them')
      .option('--no-measure', 'measure nothing: it is placed as its definition wishes')
      .option('--heap-mib <n>', 'what the wasm heap of an edge may grow to (EDGE_HEAP_MAX_MIB; default 96)', mib)
      .option('--isolate-mib <n>', 'what an isolate may take in all (default 128)', mib)
      .option('--cpu-price <usd>', 'of a million milliseconds of processor time (default 0.02)', price)
      .option('--request-price <usd>', 'of a million requests (default 0.30)', price)
      .option('--why <text>', 'the reason, for the audit', 'published with the brink CLI'),
    [
      'brink publish models/ocr-line',
      'brink publish classifier.onnx --examples requests/ --report report.html',
      'brink publish models/vad --json | jq -r .digest',
    ],
  ).action((path: string, flags: PublishFlags) =>
    runCommand(flags, terminal, async ({ client }) => {
      const progress = new PublishProgress(terminal);
      const createdAtMs = Date.now();
      try {
        if (flags.report !== undefined) await checkWritable(flags.report); // first, as the key: it is stored by then
        const { onEvent } = progress;
        const key = flags.sign === undefined ? undefined : await readKeyFile(flags.sign); // first: a bad one fails early
        const prepared = await prepareVersion(path, { ...optionsOf(path, flags), onEvent, signal: terminal.signal });
        try {
          const signatures = key === undefined ? undefined : [signDigest(prepared.digest, key)];
          const result = await publish(client, prepared, {
            as: flags.as,
            why: flags.why,
            signatures,
            onEvent,
            signal: terminal.signal,
          });
          progress.finish();
          const { secondsByStage } = progress;
          const report = makeReport(prepared, result, prepared.findings, { createdAtMs, secondsByStage });
          const written: string[] = [];
          if (flags.writePlan === true) written.push(await writePlan(planPathOf(path, flags.plan), prepared.plan));
          if (flags.report !== undefined) {
            await writeReportPage(flags.report, report);
            written.push(flags.report);
          }
          return { json: JSON.stringify({ ...result, report }), text: () => publishedText(result, report, written) };
        } finally {
          await prepared.release();
        }
      } finally {
        progress.stop();
      }
    }),
  );
}

function optionsOf(path: string, flags: PublishFlags): PrepareOptions {
  const { name: model, optimise, measure, examples, plan, heapMib, isolateMib, cpuPrice, requestPrice } = flags;
  const bytes = (size: number | undefined, key: string): object =>
    size === undefined ? {} : { [key]: size * 1024 ** 2 };
  return {
    name: model,
    optimise,
    measure,
    examples,
    plan: plan === false ? null : planPathOf(path, plan),
    budget: { ...bytes(heapMib, 'heapBytes'), ...bytes(isolateMib, 'isolateBytes') },
    prices: { ...(cpuPrice === undefined ? {} : { perMillionCpuMs: cpuPrice }), ...(requestPrice === undefined ? {} : { perMillionRequests: requestPrice }) }, // prettier-ignore
  };
}
