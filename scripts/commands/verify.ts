import type { Command } from 'commander';
import type { Check, Verification } from '../store/verification.js';
import { verifyVersion } from '../store/verify-version.js';
import { type CommonFlags, name, withCommon } from './common-options.js';
import { humanBytes, shortDigest } from './format.js';
import { runCommand } from './run-command.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

export function addVerify(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('verify')
      .summary('check that a stored version is what was published')
      .description(
        'Reads every file of a version as it is stored, hashes it, and runs its goldens on this machine: with onnxruntime,\n' +
          'and for a version that may run at the edge in workerd too. The exit status is 0 only when all is well.',
      ) // prettier-ignore
      .argument('<model>', "the model's name, or model@version")
      .argument('[version]', "the version's name"),
    ['brink verify ocr-line@v2', 'brink verify ocr-line v2 --json | jq .ok'],
  ).action((model: string, version: string | undefined, flags: CommonFlags) =>
    runCommand(flags, terminal, async ({ client, note, colors }) => {
      const onCheck = ({ name: of, where, state }: Check): void => {
        note(`  ${state.padEnd(6)}  ${of}${where === 'store' ? '' : ` (${where})`}`);
      };
      const verified = await verifyVersion(client, versionOf(model, version), { signal: terminal.signal, onCheck });
      const paint = (cell: string, column: number): string => {
        if (column !== 3) return cell;
        return cell === 'failed' ? colors.red(cell) : cell === 'ok' ? colors.green(cell) : cell;
      };
      const failed = verified.checks.filter(({ state }) => state === 'failed').length;
      const failure = `${failed} of ${verified.checks.length} checks of ${verified.model} ${verified.version} failed`;
      const answer = { json: JSON.stringify(verified), text: () => verifiedText(verified, paint) };
      return verified.ok ? answer : { ...answer, failure };
    }),
  );
}

function versionOf(model: string, version: string | undefined): { readonly model: string; readonly version: string } {
  const parts = version === undefined ? model.split('@') : [model, version];
  const [first, second] = parts;
  if (parts.length !== 2 || first === undefined || second === undefined) {
    throw new UsageError(`expected <model>@<version> or <model> <version>, got "${model.slice(0, 64)}"`);
  }
  return { model: name(first), version: name(second) };
}

const columns = [
  { head: 'WHAT' },
  { head: 'NAME' },
  { head: 'WHERE' },
  { head: 'STATE' },
  { head: 'SIZE', align: 'right' },
  { head: 'FOUND' },
] as const;

function verifiedText(
  { model, version, digest, ok, checks }: Verification,
  paint: (cell: string, column: number) => string,
): string {
  const rows = checks.map(({ what, name: of, where, state, bytes, detail }) => [
    what,
    of === digest ? shortDigest(of) : of,
    where,
    state,
    bytes === null ? '' : humanBytes(bytes),
    detail,
  ]);
  const last = ok ? 'all is well' : 'it is NOT what was published: do not serve it';
  return `${table(columns, rows, paint)}\n\n${model} ${version} (${shortDigest(digest)}): ${last}`;
}
