import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseGpuCsv } from '../../../origin/observe/gpu-csv.js';
import { GpuPoll } from '../../../origin/observe/gpu-poll.js';

let folder: string;
let nowMs: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brink-gpu-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  nowMs = 0;
});

/** A stand-in for `nvidia-smi`, which also notes how it was called. */
async function commandThat(name: string, does: string): Promise<{ command: string; calls: () => Promise<string[]> }> {
  const command = join(folder, name);
  const log = `${command}.log`;
  await writeFile(log, '');
  await writeFile(command, `#!/bin/sh\necho "$* home=$HOME" >> '${log}'\n${does}\n`);
  await chmod(command, 0o755);
  const calls = async (): Promise<string[]> => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
  return { command, calls };
}
const twoGpus = `cat <<'END'
0, GPU-aaaa, NVIDIA H200, 37, 1024, 143771, 310.52, 700.00, 41
1, GPU-bbbb, NVIDIA H200, [N/A], 0, 143771, [Not Supported], 700.00, 35
END`;

describe('the figures of GPUs', () => {
  it('are read from the answer of nvidia-smi, in base units, without what it does not tell', async () => {
    const { command, calls } = await commandThat('answers', twoGpus);
    const [first, second, ...more] = await new GpuPoll({ command }).figures();
    expect(first).toEqual({
      index: 0,
      uuid: 'GPU-aaaa',
      name: 'NVIDIA H200',
      utilization: 0.37,
      memoryUsedBytes: 2 ** 30,
      memoryTotalBytes: 143_771 * 2 ** 20,
      powerWatts: 310.52,
      powerLimitWatts: 700,
      temperatureCelsius: 41,
    });
    expect([second?.uuid, second?.utilization, second?.powerWatts, more]).toEqual([
      'GPU-bbbb',
      undefined,
      undefined,
      [],
    ]);
    const [call] = await calls();
    expect(call).toMatch(/^--query-gpu=index,uuid,\S+ --format=csv,noheader,nounits home=$/); // nothing of our environment
  });

  it('are asked for at most every 5 s, and once for all who ask together', async () => {
    const { command, calls } = await commandThat('counted', twoGpus);
    const poll = new GpuPoll({ command, clock: { now: () => nowMs } });
    await Promise.all([poll.figures(), poll.figures()]);
    nowMs = 4_999;
    expect(await poll.figures()).toHaveLength(2);
    expect(await calls()).toHaveLength(1);
    nowMs = 5_000;
    await poll.figures();
    expect(await calls()).toHaveLength(2);
  });

  it.each([
    ['fails', 'echo "0, GPU-x, half a line"; exit 9'],
    ['answers nonsense', 'echo "NVIDIA-SMI has failed because it could not communicate with the driver."'],
    ['hangs', 'exec sleep 60'],
    ['answers without end', 'yes'],
  ])('are none where the command %s, and are not asked for again for ten minutes', async (name, does) => {
    const { command, calls } = await commandThat(name.replaceAll(' ', '-'), does);
    const poll = new GpuPoll({ command, clock: { now: () => nowMs }, answerMsMax: 1_000 });
    expect(await poll.figures()).toEqual([]);
    nowMs = 599_999;
    expect(await poll.figures()).toEqual([]);
    expect(await calls()).toHaveLength(1);
    nowMs = 600_000;
    await poll.figures();
    expect(await calls()).toHaveLength(2);
  });

  it('are none where there is no such command', async () => {
    expect(await new GpuPoll({ command: join(folder, 'absent') }).figures()).toEqual([]);
  });

  it('are bounded in number', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `${index}, GPU-${index}, A GPU, 1, 2, 3, 4, 5, 6`);
    expect(parseGpuCsv(lines.join('\n'))).toHaveLength(64);
  });
});
