import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export type PythonEnvironment =
  { readonly kind: 'ready'; readonly python: string } | { readonly kind: 'missing'; readonly reason: string };

const oldest = [3, 9] as const;
const versionMsMax = 20_000;
const installMsMax = 600_000;

/**
 * A Python with the packages of test/interop/requirements.txt, in an environment of its own under .brink/, made once for
 * each set of packages. Without a Python, or where the packages cannot be had, the reason.
 */
export async function pythonEnvironment(root: string, say: (text: string) => void): Promise<PythonEnvironment> {
  const found = await findPython();
  if (found === undefined) {
    return { kind: 'missing', reason: `there is no Python of ${oldest.join('.')} or newer on this machine` };
  }
  const requirements = join(root, 'test', 'interop', 'requirements.txt');
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(found.version)
    .digest('hex')
    .slice(0, 16);
  const directory = join(root, '.brink', 'interop', `python-${key}`);
  const python =
    process.platform === 'win32' ? join(directory, 'Scripts', 'python.exe') : join(directory, 'bin', 'python');
  const complete = join(directory, 'complete');
  if (await exists(complete)) return { kind: 'ready', python };

  say(`making a Python environment in ${directory}`);
  await rm(directory, { recursive: true, force: true }); // one that was begun and not finished
  const made = await run(found.command, ['-m', 'venv', directory], installMsMax);
  if (made.status !== 0)
    return { kind: 'missing', reason: `Python's venv does not work here: ${lastLine(made.output)}` };
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  const installed = await run(python, pip, installMsMax);
  if (installed.status !== 0) {
    return {
      kind: 'missing',
      reason: `pip cannot install test/interop/requirements.txt: ${lastLine(installed.output)}`,
    };
  }
  await writeFile(complete, '');
  return { kind: 'ready', python };
}

async function findPython(): Promise<{ command: string; version: string } | undefined> {
  for (const command of ['python3', 'python']) {
    const { status, output } = await run(command, ['--version'], versionMsMax);
    const [, version = '', major = '', minor = ''] = /Python ((\d+)\.(\d+)[\w.]*)/.exec(output) ?? [];
    const isNew = Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
    if (status === 0 && isNew) return { command, version };
  }
  return undefined;
}

interface Ended {
  /** -1: it could not be started, or took too long. */
  readonly status: number;
  readonly output: string;
}

function run(command: string, args: readonly string[], msMax: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: msMax });
    let output = '';
    const note = (piece: Buffer): void => {
      output = (output + piece.toString()).slice(-10_000);
    };
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    child.on('error', ({ message }) => resolve({ status: -1, output: message }));
    child.on('close', (status) => resolve({ status: status ?? -1, output }));
  });
}

function lastLine(output: string): string {
  const lines = output.trim().split('\n');
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
