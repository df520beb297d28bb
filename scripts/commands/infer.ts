import { type Command, Option } from 'commander';
import { z } from 'zod';
import { signatureSchema } from '../../shared/protocol/tensor.js';
import { collect, name, withCommon } from './common-options.js';
import { type DataPlaneFlags, hopMs, modelPath, servedAnswer, wishHeaders } from './data-plane.js';
import { inferBody, type InferBody } from './infer-body.js';
import { drawOutputs } from './infer-outputs.js';
import { readInput } from './read-input.js';
import { type Run, runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

interface InferFlags extends DataPlaneFlags {
  readonly input?: readonly string[];
  readonly request?: string;
}

export function addInfer(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('infer')
      .summary('send tensors to a model')
      .description(
        'Sends tensors to a model (Open Inference Protocol V2) and prints its outputs.\n' +
          'An input is JSON: a value, an array nested to its shape, a flat array where the shape is clear, or\n' +
          '{"shape": […], "data": […]}; or @file.json with the same; or @file.npy. Datatypes are those of the model.',
      )
      .argument('<model>', "the model's name", name)
      .option('--input <name=value>', 'an input; may be repeated', collect)
      .option('--request <file>', 'a whole V2 request as JSON instead; - for standard input')
      .option('--version <version>', 'this version instead of the one that is served', name)
      .addOption(new Option('--serve-on <tier>', 'force a tier (operators)').choices(['edge', 'origin'])),
    [
      "brink infer double --input 'x=[1, 2, 3]'",
      'brink infer double --input x=@x.npy --json',
      'brink infer double --request request.json --version v1',
    ],
  ).action((model: string, flags: InferFlags) =>
    runCommand(flags, terminal, async (run) => {
      const body = await bodyOf(model, flags, run);
      const answer = await run.client.http.call({
        method: 'POST',
        path: `${modelPath('/v2', model, flags.version)}/infer`,
        body: body.bytes,
        headers: { ...body.headers, ...wishHeaders(flags) },
        atLeastMs: (flags.timeout ?? 0) + hopMs,
      });
      return servedAnswer(answer, run, drawOutputs);
    }),
  );
}

async function bodyOf(model: string, { input, request, version }: InferFlags, run: Run): Promise<InferBody> {
  if ((input === undefined) === (request === undefined)) throw new UsageError('expected either --input or --request');
  if (request !== undefined) {
    const bytes = request === '-' ? await run.terminal.stdin() : await readInput(request);
    return { bytes, headers: { 'content-type': 'application/json' } };
  }
  const call = { method: 'GET', path: modelPath('/v2', model, version) } as const;
  const metadata = await run.client.http.json(call, z.object({ inputs: signatureSchema.shape.inputs }));
  return inferBody(await Promise.all((input ?? []).map(readNamed)), metadata.inputs);
}

/** `name=value`, `name=@file.json` or `name=@file.npy`. */
async function readNamed(text: string): Promise<{ name: string; value: Uint8Array }> {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`expected --input name=value, got "${text.slice(0, 64)}"`);
  const value = text.slice(at + 1);
  const bytes = value.startsWith('@') ? await readInput(value.slice(1)) : new TextEncoder().encode(value);
  return { name: text.slice(0, at), value: bytes };
}
