import { Command } from 'commander';
import { addAudit } from './audit.js';
import { exitCodesHelp } from './exit-codes.js';
import { addGc } from './gc.js';
import { addInfer } from './infer.js';
import { addInspect } from './inspect.js';
import { addKeys } from './keys.js';
import { addLoad } from './load.js';
import { addModels } from './models.js';
import { addPredict } from './predict.js';
import { addPromote } from './promote.js';
import { addPublish } from './publish.js';
import { addQuantize } from './quantize.js';
import { addRollback } from './rollback.js';
import { addSign } from './sign.js';
import type { Terminal } from './terminal.js';
import { addVerify } from './verify.js';
import { addVersions } from './versions.js';

/** `brink` and its commands. Parsing throws a CommanderError instead of ending the process. */
export function makeProgram(terminal: Terminal, version: string): Command {
  const program = new Command('brink')
    .description('Put an .onnx file in front of users, keep it up, and replace it without fear.')
    .version(version, '-V, --version', 'print the version of brink')
    .enablePositionalOptions() // `brink infer m --version v1` is the model's version, not ours
    .showHelpAfterError('(--help tells more)')
    .exitOverride()
    .configureOutput({
      writeOut: terminal.stdout,
      writeErr: terminal.stderr,
      outputError: (text, write) => write(text.replace(/^error: /, 'brink: ')),
    })
    .addHelpText(
      'after',
      `
Examples:
  $ brink inspect model.onnx
  $ brink publish models/ocr-line
  $ brink promote ocr-line v1
  $ brink predict ocr-line models/ocr-line/sample.png
  $ brink rollback ocr-line --why "misreads digits"

Which edge: --url, else BRINK_URL, else the local one of npm start.
The admin token: --token, else BRINK_TOKEN, else the local one, for the local edge only.
The local one is found by .brink/ here or in a folder above, or where BRINK_HOME says.
${exitCodesHelp}`,
    );
  for (const add of [
    addInspect,
    addQuantize,
    addPublish,
    addModels,
    addVersions,
    addPromote,
    addRollback,
    addAudit,
    addVerify,
    addGc,
    addInfer,
    addPredict,
    addLoad,
    addKeys,
    addSign,
  ]) {
    add(program, terminal);
  }
  return program;
}
