import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { rangeMethods, type RangeMethod } from '../quantize/calibrate/value-ranges.js';
import type { QuantizeStage } from '../quantize/quantize-model.js';
import { quantizeFile } from '../quantize/quantize-file.js';
import { quantizeText } from '../quantize/report/quantize-text.js';
import { schemeNames, type SchemeName } from '../quantize/schemes/scheme.js';
import { collect, name, wholeNumbers } from './common-options.js';
import { exitCodesHelp } from './exit-codes.js';
import type { Terminal } from './terminal.js';

interface Flags {
  readonly out?: string;
  readonly scheme: Exclude<SchemeName, 'fp32'>;
  readonly graph?: string;
  readonly examples?: string;
  readonly ranges: RangeMethod;
  readonly exclude?: readonly string[];
  readonly rounds: number;
  readonly optimise: boolean;
  readonly name?: string;
  readonly json?: boolean;
}

const stages: Readonly<Record<QuantizeStage, string>> = {
  optimise: 'checking and optimising it',
  examples: 'making examples',
  calibrate: 'running it for the ranges of its values',
  quantize: 'quantizing it',
  compare: 'running both in workerd, turn by turn',
};
const roundsMax = 100;

export function addQuantize(program: Command, terminal: Terminal): void {
  program
    .command('quantize')
    .summary('make a model smaller, and measure what that gains and costs at the edge')
    .description(
      'Quantizes the weights of a model, or its arithmetic too, and runs it beside what it was in a real workerd: size,\n' +
        'time of a run, error of every output. Needs no Python; asks no server, stores nothing but the file of -o.',
    )
    .argument('<folder|model.onnx>', 'the folder, definition file or .onnx file')
    .option('-o, --out <file.onnx>', 'where the quantized graph is written')
    .addOption(
      new Option('--scheme <scheme>', 'how')
        .choices(schemeNames.filter((scheme) => scheme !== 'fp32'))
        .default('int8-weights'),
    ) // prettier-ignore
    .option('--graph <name>', 'which graph, where the model has several')
    .option('--examples <file|folder>', 'requests or tensors to calibrate and compare with (default: generated)')
    .addOption(
      new Option('--ranges <method>', 'how static-int8 chooses ranges').choices(rangeMethods).default('min-max'),
    ) // prettier-ignore
    .addOption(
      new Option(
        '--exclude <output>',
        'an operator that stays fp32, by the name of its first output (repeatable)',
      ).argParser(collect),
    ) // prettier-ignore
    .addOption(
      new Option('--rounds <n>', 'turns of timing; 0: do not time').argParser(wholeNumbers(0, roundsMax)).default(5),
    )
    .option('--no-optimise', 'take the graph as it is')
    .option('--name <model>', "the model's name (default: the definition's, or the file's)", name)
    .addOption(new Option('--json', 'print exactly one JSON document on standard output'))
    .addHelpText(
      'after',
      `
Schemes:
  fp16-weights   weights in 16 bits: half the size, hardly an error
  int8-weights   weights in 8 bits, arithmetic in fp32: a quarter of the size, about the same time
  int4-weights   matrices in blocks of 4 bits: an eighth of the size
  dynamic-int8   arithmetic in integers, ranges found in each run
  static-int8    arithmetic in integers, ranges calibrated with --examples

Examples:
  $ brink quantize model.onnx
  $ brink quantize model.onnx -o model.int8.onnx --scheme dynamic-int8
  $ brink quantize models/ocr-page --graph detector --scheme static-int8 --examples models/ocr-page/sample.png
${exitCodesHelp}`,
    )
    .action(async (path: string, { json, out, examples, graph, name: as, exclude = [], ranges, ...flags }: Flags) => {
      const onStage = (of: string, stage: QuantizeStage): void => terminal.stderr(`  ${of}: ${stages[stage]}\n`);
      const options = { ...flags, out, examples, graph, name: as, exclude, rangeMethod: ranges, onStage, signal: terminal.signal }; // prettier-ignore
      const result = await quantizeFile(path, options);
      const { source: _, quantized: __, ...told } = result;
      const text = json === true ? JSON.stringify({ ...told, out: out ?? null }) : quantizeText(result, pc.createColors(terminal.colors)); // prettier-ignore
      terminal.stdout(`${text}\n`);
      if (json !== true && out !== undefined) terminal.stdout(`\nwritten to ${out}\n`);
    });
}
