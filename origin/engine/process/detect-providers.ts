import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Clock } from '../../../shared/time/clock.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { cpuOnly, type Provider } from '../../runner/session-options.js';
import type { Log } from '../log.js';
import type { RunnerOptions, RunnerProcess } from './runner-process.js';
import { startRunner } from './start-runner.js';
import { tinyInput, tinyModel, tinyOutput } from './tiny-model.js';

/** What was found out about an execution provider on this machine. */
export interface ProviderReport {
  readonly name: string;
  readonly usable: boolean;
  /** Why not, or what was done to know; for the log, never for a caller. */
  readonly reason: string;
}

export interface DetectParts extends Pick<RunnerOptions, 'runnerJs' | 'scratchDir' | 'env'> {
  /** Looked at besides those that the build of onnxruntime lists: what the settings ask for. */
  readonly names: readonly string[];
  /** For each; a GPU's libraries take seconds to load. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

const reasonLengthMax = 200;

/**
 * Which execution providers work here: a session of a tiny model is made and run on each, in a process of its own that
 * is thrown away, because what a driver does when it fails is anyone's guess. Never rejects, never hangs.
 */
export async function detectProviders(parts: DetectParts): Promise<readonly ProviderReport[]> {
  let folder: string | undefined;
  try {
    const parent = parts.scratchDir ?? tmpdir();
    await mkdir(parent, { recursive: true });
    folder = await mkdtemp(join(parent, 'brink-detect-'));
    const path = join(folder, 'tiny.onnx');
    await writeFile(path, tinyModel);
    const listed = await inRunner(parts, path, cpuOnly, (process) => process.backends());
    const names = [...new Set([...listed, ...parts.names])];
    return await Promise.all(names.map((name) => detect(parts, path, name, listed)));
  } catch (error) {
    const names = [...new Set(['cpu', ...parts.names])];
    return names.map((name) => ({ name, usable: false, reason: reasonOf(error) }));
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Never rejects. */
async function detect(
  parts: DetectParts,
  path: string,
  name: string,
  listed: readonly string[],
): Promise<ProviderReport> {
  if (!listed.includes(name)) {
    return { name, usable: false, reason: `this build of onnxruntime has ${listed.join(', ')} only` };
  }
  try {
    const { outputs } = await inRunner(parts, path, [{ name, options: {} }], (process) =>
      process.run('tiny', [tinyInput]),
    );
    const [y] = outputs;
    const right = y?.datatype === 'FP32' && tinyOutput.every((value, index) => y.data[index] === value);
    return { name, usable: right, reason: right ? 'a model ran on it' : 'a model ran on it and gave wrong numbers' };
  } catch (error) {
    return { name, usable: false, reason: reasonOf(error) };
  }
}

async function inRunner<Result>(
  { timeoutMs, clock, log, ...process }: DetectParts,
  path: string,
  providers: readonly Provider[],
  ask: (process: RunnerProcess) => Promise<Result>,
): Promise<Result> {
  const deadline = new Deadline(clock, timeoutMs);
  const { signal } = new AbortController();
  const options = { ...process, threads: 1, providers, spinning: false };
  const started = await startRunner({ graphs: { tiny: path }, options, deadline, signal, log });
  try {
    return await deadline.bound(ask(started.process), 'the provider was tried');
  } finally {
    started.process.kill();
    await started.process.ended;
  }
}

/** What onnxruntime says, where it says something, without the place in its source at the front. */
function reasonOf(error: unknown): string {
  const detail = error instanceof BrinkError && typeof error.cause === 'string' ? error.cause : '';
  const text = detail === '' ? (error instanceof Error ? error.message : String(error)) : detail;
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replace(/^\/.* was false\. /, '')
    .trim();
  const short = line.length <= reasonLengthMax ? line : `${line.slice(0, reasonLengthMax)}...`;
  // npm's package has no CUDA: its files come by a script of their own, which npm is told not to run by itself.
  return /failed to load shared library/i.test(short) ? `${short}: "npm run cuda:install" fetches it` : short;
}
