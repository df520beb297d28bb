import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunnerDied, RunnerProcess } from '../../../../origin/engine/process/runner-process.js';
import { readSignatures } from '../../../../origin/engine/process/start-runner.js';
import { cpuOnly } from '../../../../origin/runner/session-options.js';
import { wholeTensor } from '../../../../origin/runner/whole-tensor.js';
import { systemClock } from '../../../../shared/time/clock.js';
import { doubleModel, echoModel, externalDoubleModel, unsupportedModels } from '../../../harness/onnx.js';
import { bundleOrigin, type Bundles } from '../../bundle-origin.js';
import { fp32 } from '../../tensors.js';

let bundles: Bundles;
let directory: string;
beforeAll(async () => {
  bundles = await bundleOrigin();
  directory = await mkdtemp(join(tmpdir(), 'brink-test-runner-'));
});
afterAll(async () => {
  await bundles.remove();
  await rm(directory, { recursive: true, force: true });
});

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
}

async function spawn(): Promise<RunnerProcess> {
  const scratchDir = await mkdtemp(join(directory, 'scratch-'));
  return RunnerProcess.spawn({ ...options, runnerJs: bundles.runnerJs, scratchDir }, () => undefined);
}

const options = { threads: 1, providers: cpuOnly, spinning: false, runnerJs: '' };

describe('a runner', () => {
  it('loads several graphs and tells what they take and give, dynamic axes as -1', async () => {
    const runner = await spawn();
    try {
      const graphs = {
        echo: await file('echo.onnx', echoModel().bytes),
        double: await file('double.onnx', doubleModel().bytes),
      };
      const signatures = await runner.load(graphs, options);
      expect(signatures).toEqual({ echo: echoModel().signature, double: doubleModel().signature });
      const { outputs } = await runner.run('double', [wholeTensor(fp32('x', [1, 4], [1, 2, 3, 4]))]);
      expect([...(outputs[0]!.data as Float32Array)]).toEqual([2, 4, 6, 8]);
      await runner.ping();
    } finally {
      runner.kill();
      await runner.ended;
    }
  });

  it('keeps the order of questions that are asked at once', async () => {
    const runner = await spawn();
    try {
      await runner.load({ double: await file('double.onnx', doubleModel().bytes) }, options);
      const answers = await Promise.all(
        [1, 2, 3].map((n) => runner.run('double', [wholeTensor(fp32('x', [1, 4], [n, n, n, n]))])),
      );
      expect(answers.map(({ outputs: [y] }) => (y!.data as Float32Array)[0])).toEqual([2, 4, 6]);
    } finally {
      runner.kill();
      await runner.ended;
    }
  });

  it('that is gone rejects what it was asked and what it is asked, and takes its directory along', async () => {
    const scratchDir = await mkdtemp(join(directory, 'scratch-'));
    const runner = await RunnerProcess.spawn({ ...options, runnerJs: bundles.runnerJs, scratchDir }, () => undefined);
    const asked = runner.ping();
    process.kill(runner.pid, 'SIGKILL');
    await expect(asked).rejects.toBeInstanceOf(RunnerDied);
    await runner.ended;
    await expect(runner.ping()).rejects.toThrow(/SIGKILL/);
    expect(await readdir(scratchDir)).toEqual([]);
  });

  it('that cannot be started rejects, too', async () => {
    const runner = await RunnerProcess.spawn({ ...options, runnerJs: join(directory, 'nothing.mjs') }, () => undefined);
    await expect(runner.ping()).rejects.toBeInstanceOf(RunnerDied);
    await runner.ended;
  });

  it('ends by itself when the socket to the server closes', async () => {
    const runner = await spawn();
    await runner.ping();
    runner.disconnect();
    await runner.ended;
    await expect(runner.ping()).rejects.toThrow(/exit status 0/);
  });
});

describe('reading signatures', () => {
  const reading = { timeoutMs: 60_000, clock: systemClock, log: () => undefined };
  const read = (graphs: Record<string, string>) => readSignatures(graphs, { ...reading, runnerJs: bundles.runnerJs });

  it('gives the signature of each graph, with external data beside it', async () => {
    await file('weights.bin', externalDoubleModel().externalData['weights.bin']!);
    const path = await file('external.onnx', externalDoubleModel().bytes);
    expect(await read({ main: path })).toEqual({ main: doubleModel().signature });
  });

  it('refuses a file that is no model, without saying where it lies', async () => {
    const path = await file('garbage.onnx', new Uint8Array(100).fill(7));
    const failed = read({ main: path });
    await expect(failed).rejects.toMatchObject({ code: 'engine-failed' });
    await expect(failed).rejects.toThrow(/^[^/]*$/);
  });

  it.each(['sequence', 'bfloat16'] as const)('refuses a %s, which the protocol does not have', async (type) => {
    const path = await file(`${type}.onnx`, unsupportedModels()[type]);
    await expect(read({ main: path })).rejects.toMatchObject({ code: 'not-supported' });
  });
});
