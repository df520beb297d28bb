import { type Command, Option } from 'commander';
import type { HttpAnswer } from '../client/http-client.js';
import { RemoteError } from '../client/remote-error.js';
import { collect, name, withCommon } from './common-options.js';
import { type DataPlaneFlags, hopMs, modelPath, servedAnswer, wishHeaders } from './data-plane.js';
import { contentTypeOf } from './content-type.js';
import { readInput } from './read-input.js';
import { runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

interface PredictFlags extends DataPlaneFlags {
  readonly contentType?: string;
  readonly parameter?: readonly string[];
}

export function addPredict(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('predict')
      .summary("send a file to a model's handler")
      .description("Sends an image, a sound, text or JSON to a model's handler and prints its JSON answer.")
      .argument('<model>', "the model's name", name)
      .argument('<file>', 'the file, or - for standard input')
      .option('--content-type <type>', "the file's media type (default: by its ending)")
      .option('--parameter <name=value>', 'a parameter of the handler; may be repeated', collect)
      .option('--version <version>', 'this version instead of the one that is served', name)
      .addOption(new Option('--serve-on <tier>', 'force a tier (operators)').choices(['edge', 'origin'])),
    [
      'brink predict ocr-line models/ocr-line/sample.png',
      'cat call.wav | brink predict vad - --content-type audio/wav',
      'brink predict ocr-line line.png --version v1 --json | jq .answer',
    ],
  ).action((model: string, file: string, flags: PredictFlags) =>
    runCommand(flags, terminal, async (run) => {
      const contentType = flags.contentType ?? contentTypeOf(file);
      const body = file === '-' ? await terminal.stdin() : await readInput(file);
      const call = run.client.http.call({
        method: 'POST',
        path: `${modelPath('/v1', model, flags.version)}/predict${queryOf(flags.parameter ?? [])}`,
        body,
        headers: { 'content-type': contentType, ...wishHeaders(flags) },
        atLeastMs: (flags.timeout ?? 0) + hopMs,
      });
      const answer = await orInfer(model, call);
      return servedAnswer(answer, run, (text) => JSON.stringify(JSON.parse(text), null, 2));
    }),
  );
}

/** A model without a handler is asked by another command. */
async function orInfer(model: string, call: Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof RemoteError) || error.code !== 'no-handler') throw error;
    const text = `${model} has no handler, it takes tensors: brink infer ${model} --input <name=value>`;
    throw new RemoteError(error.status, error.code, text, { cause: error });
  }
}

function queryOf(parameters: readonly string[]): string {
  if (parameters.length === 0) return '';
  const query = new URLSearchParams();
  for (const parameter of parameters) {
    const at = parameter.indexOf('=');
    if (at < 1) throw new UsageError(`expected --parameter name=value, got "${parameter.slice(0, 64)}"`);
    query.append(parameter.slice(0, at), parameter.slice(at + 1));
  }
  return `?${query.toString()}`;
}
