import { type Command, InvalidArgumentError } from 'commander';
import { sha256Schema } from '../../shared/manifest/manifest.js';
import { nameSchema } from '../../shared/protocol/names.js';
import { readKeyFile } from '../signing/key-file.js';
import { signVersion } from '../signing/sign-version.js';
import { type CommonFlags, withCommon } from './common-options.js';
import { shortDigest } from './format.js';
import { runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';

interface SignFlags extends CommonFlags {
  readonly key: string;
  readonly expectDigest?: string;
}

interface ModelVersion {
  readonly model: string;
  readonly version: string;
}

export function addSign(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('sign')
      .summary('sign a published version')
      .description(
        'Signs a version that is published already, beside the signatures of others. What is signed is the digest of its\n' +
          'manifest, computed here: it names every file by its SHA-256.',
      )
      .argument('<model@version>', 'the version', modelVersion)
      .requiredOption('--key <file>', 'the private key, as brink keys new writes it')
      .option('--expect-digest <sha256>', 'sign only if the version has this digest, as publish printed it', digest),
    ['brink sign ocr-line@v3 --key release.pem', 'brink sign ocr-line@v3 --key release.pem --expect-digest "$DIGEST"'],
  ).action((target: ModelVersion, flags: SignFlags) =>
    runCommand(flags, terminal, async ({ client, note }) => {
      const key = await readKeyFile(flags.key);
      if (key.readableByOthers) note(`${flags.key} may be read by others: chmod 600 ${flags.key}`);
      const signed = await signVersion(client, { ...target, key, expectDigest: flags.expectDigest });
      const others = signed.signedBy.filter((id) => id !== signed.key);
      const beside = others.length === 0 ? '' : `, beside ${others.join(', ')}`;
      return {
        json: JSON.stringify(signed),
        text: () =>
          `signed ${target.model} ${target.version} (${shortDigest(signed.digest)}) with key ${signed.key}${beside}`,
      };
    }),
  );
}

function modelVersion(text: string): ModelVersion {
  const [model, version, ...rest] = text.split('@');
  const isName = (name: string | undefined): name is string => nameSchema.safeParse(name).success;
  if (isName(model) && isName(version) && rest.length === 0) return { model, version };
  throw new InvalidArgumentError('expected <model>@<version>, ocr-line@v3 say');
}

function digest(text: string): string {
  if (sha256Schema.safeParse(text).success) return text;
  throw new InvalidArgumentError('expected a SHA-256 of 64 lower-case hexadecimal digits');
}
