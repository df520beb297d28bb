import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseAcceptedKeys } from '../../shared/signing/accepted-keys.js';
import { createKeyFile, readKeyFile, type SigningKey } from '../signing/key-file.js';
import { exitCodesHelp } from './exit-codes.js';
import type { Terminal } from './terminal.js';

interface Flags {
  readonly json?: boolean;
  readonly name?: string;
  readonly expires?: string;
}

/** `brink keys`: keys to sign versions with. They ask no server. */
export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').summary('make and show keys to sign versions with').description('Keys to sign versions with: Ed25519, one to a file.'); // prettier-ignore
  withOptions(
    keys
      .command('new')
      .summary('make a key')
      .description('Makes a key, writes it to a file that only you may read, and prints the line for SIGNATURE_KEYS.')
      .argument('<file>', 'where the private key goes; never over an existing file'),
    'brink keys new ~/.config/brink/release.pem --name release --expires 2027-12-31',
  ).action(async (file: string, flags: Flags) => tell(file, await createKeyFile(file), flags, terminal, true));
  withOptions(
    keys
      .command('show')
      .summary('show the public half of a key')
      .description('Prints the line for SIGNATURE_KEYS of a key that there is already.')
      .argument('<file>', 'the file of the private key'),
    'brink keys show release.pem --json | jq -r .line',
  ).action(async (file: string, flags: Flags) => tell(file, await readKeyFile(file), flags, terminal, false));
}

function withOptions(command: Command, example: string): Command {
  return command
    .option('--name <name>', 'what the key is called where it is accepted (default: after the file)', keyName)
    .option('--expires <date>', 'the last day (UTC) on which its signatures count', expiry)
    .addOption(new Option('--json', 'print exactly one JSON document on standard output'))
    .addHelpText('after', `\nExample:\n  $ ${example}\n${exitCodesHelp}`);
}

function tell(file: string, key: SigningKey, flags: Flags, { stdout, stderr }: Terminal, isNew: boolean): void {
  const { name = nameAfter(file), expires } = flags;
  const line = `${name}=${key.publicKey}${expires === undefined ? '' : `@${expires}`}`;
  if (key.readableByOthers) stderr(`${file} may be read by others: chmod 600 ${file}\n`);
  if (flags.json === true) {
    stdout(`${JSON.stringify({ file, key: key.id, publicKey: key.publicKey, line })}\n`);
    return;
  }
  if (isNew) stderr(`wrote ${file}: keep it secret, and a copy of it\n`);
  stderr(`key ${key.id}; in SIGNATURE_KEYS and ORIGIN_SIGNATURE_KEYS:\n`);
  stdout(`${line}\n`);
}

/** `~/keys/release 2.pem` → `release-2`. */
function nameAfter(file: string): string {
  const stem = (file.split(/[\\/]/).at(-1) ?? '').replace(/\.[^.]*$/, '');
  const name = stem.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 64);
  return name === '' ? 'key' : name;
}

function keyName(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected 1 to 64 of A-Z a-z 0-9 . _ -');
}

const anyPublicKey = 'A'.repeat(43);

function expiry(text: string): string {
  try {
    parseAcceptedKeys('keys', `key=${anyPublicKey}=@${text.includes(',') ? '' : text}`);
    return text;
  } catch {
    throw new InvalidArgumentError('expected a date (2027-01-31) or a time in UTC (2027-01-31T12:00Z)');
  }
}
