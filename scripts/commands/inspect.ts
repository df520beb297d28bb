import type { Command } from 'commander';
import { Option } from 'commander';
import pc from 'picocolors';
import { inspect } from '../inspect/inspect.js';
import { inspectionText } from '../inspect/inspection-text.js';
import type { InspectStage } from '../inspect/inspect-graph.js';
import { collect, name } from './common-options.js';
import { exitCodesHelp } from './exit-codes.js';
import type { Terminal } from './terminal.js';

interface Flags {
  readonly json?: boolean;
  readonly shape?: readonly string[];
  readonly name?: string;
}

const stages: Readonly<Record<InspectStage, string>> = {
  load: 'loading it with onnxruntime, in a process that is thrown away',
  batch: 'trying whether its first axis is a batch',
  wasm: 'loading it with onnxruntime-web',
  flops: 'running it for the shapes in between',
};

export function addInspect(program: Command, terminal: Terminal): void {
  program
    .command('inspect')
    .summary('look into a model before publishing it')
    .description(
      'Says what a model takes, gives and holds, what a run costs, whether requests can share one, and whether the edge\n' +
        'has a kernel for every operator. Runs it in processes that are thrown away; asks no server, stores nothing.',
    )
    .argument('<folder|model.onnx>', 'the folder, definition file or .onnx file')
    .addOption(
      new Option('--shape <input=sizes>', 'run it with this shape (repeatable; with several graphs <graph>:<input>=…)').argParser(collect), // prettier-ignore
    )
    .option('--name <model>', "the model's name (default: the definition's, or the file's)", name)
    .addOption(new Option('--json', 'print exactly one JSON document on standard output'))
    .addHelpText(
      'after',
      `
Examples:
  $ brink inspect model.onnx
  $ brink inspect models/ocr-page --shape detect:x=1,3,480,640
  $ brink inspect model.onnx --json | jq '.graphs[0].wasm'
${exitCodesHelp}`,
    )
    .action(async (path: string, { json, name: as, shape = [] }: Flags) => {
      const onStage = (graph: string, stage: InspectStage): void => terminal.stderr(`  ${graph}: ${stages[stage]}\n`);
      const inspection = await inspect(path, { shapes: shape, name: as, signal: terminal.signal, onStage });
      const text = json === true ? JSON.stringify(inspection) : inspectionText(inspection, pc.createColors(terminal.colors)); // prettier-ignore
      terminal.stdout(`${text}\n`);
    });
}
