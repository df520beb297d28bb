import type { Command } from 'commander';
import { prepareVersion } from '../publish/prepare-version.js';
import { publish, type PublishResult } from '../publish/publish.js';
import { type CommonFlags, name, withCommon } from './common-options.js';
import { humanBytes, plural, shortDigest } from './format.js';
import { PublishProgress } from './publish-progress.js';
import { runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';

interface PublishFlags extends CommonFlags {
  readonly as?: string;
  readonly name?: string;
  readonly why: string;
  readonly optimise: boolean;
}

export function addPublish(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('publish')
      .summary('store a new version of a model')
      .description(
        'Stores a version of a model: a folder with a definition (definition.ts, .js, .mjs or .json), or a bare .onnx file.\n' +
          'Graphs are checked, run once in a process that is thrown away, optimised for loading, and compared before and after.\n' +
          'Files that the server has already are not sent again. Publishing never changes what is served: promote does.',
      )
      .argument('<folder|model.onnx>', 'the folder, definition file or .onnx file')
      .option('--as <version>', "the version's name (default: the next v<N>)", name)
      .option('--name <model>', "the model's name (default: the definition's, or the file's)", name)
      .option('--no-optimise', 'store the graphs as they are: every edge optimises them whenever it loads them')
      .option('--why <text>', 'the reason, for the audit', 'published with the brink CLI'),
    [
      'brink publish models/ocr-line',
      'brink publish double.onnx --as v1',
      'brink publish models/vad --json | jq -r .digest',
    ],
  ).action((folder: string, flags: PublishFlags) =>
    runCommand(flags, terminal, async ({ client }) => {
      const progress = new PublishProgress(terminal);
      try {
        const { onEvent } = progress;
        const { name: as, optimise } = flags;
        const prepared = await prepareVersion(folder, { name: as, optimise, onEvent, signal: terminal.signal });
        const result = await publish(client, prepared, { as: flags.as, why: flags.why, onEvent });
        return { json: JSON.stringify(result), text: () => publishedText(result) };
      } finally {
        progress.stop();
      }
    }),
  );
}

function publishedText(result: PublishResult): string {
  const { model, version, digest, added, stable, uploadedBlobs, uploadedBytes, blobs, bytes } = result;
  const sent = `${plural(uploadedBlobs, 'file')} uploaded (${humanBytes(uploadedBytes)} of ${humanBytes(bytes)} in ${blobs})`;
  const first = added
    ? `published ${model} ${version} (${shortDigest(digest)}): ${uploadedBlobs === 0 ? 'every file was there already' : sent}`
    : `already published as ${version} (${shortDigest(digest)}): nothing was uploaded`;
  const next =
    stable === version
      ? `${model} serves it.`
      : `${model} serves ${stable ?? 'nothing yet'}. To serve this: brink promote ${model} ${version}`;
  return `${first}\n${next}`;
}
