import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { systemProcesses } from '../../../scripts/start/process-table.js';
import { readRun } from '../../../scripts/start/run-file.js';
import { folderOf, removeFolder } from '../model-folder.js';
import { freePorts, Started } from './started.js';

describe('a start', () => {
  let home: string;
  let ports: number[];
  const started: Started[] = [];
  const start = (): Started => {
    const args = ['--json-logs', '--edge-port', String(ports[0]), '--origin-port', String(ports[1])];
    const command = [process.execPath, join(projectRoot(), 'dist/start.js'), ...args] as const;
    const one = new Started({ command: [...command], cwd: projectRoot(), env: { ...process.env, BRINK_HOME: home } });
    started.push(one);
    return one;
  };
  const groups = (): number[] => readRun(home)?.children.map(({ pid }) => pid) ?? [];
  const left = (ours: readonly number[]) => systemProcesses.list().filter(({ group }) => ours.includes(group));

  beforeAll(async () => {
    if (!existsSync(join(projectRoot(), 'dist/start.js'))) throw new Error('run "node scripts/build.mjs" first');
    home = await folderOf({});
    ports = await freePorts();
  });
  afterAll(async () => {
    for (const one of started) one.kill('SIGTERM');
    await Promise.all(started.map(({ exited }) => exited));
    await removeFolder(home);
  });

  it('publishes every model, ocr-line first, and prints lines that answer when pasted', async () => {
    const first = start();
    await first.when(({ event }) => event === 'up');
    for (const model of ['ocr-line', 'ocr-page', 'vad']) {
      const { curl } = await first.when((event) => event.event === 'ready' && event.model === model);
      const { stdout } = await promisify(execFile)('sh', ['-c', `${curl!} -sS -D -`], { cwd: projectRoot() });
      expect(stdout).toMatch(/^HTTP\/1\.1 200/);
      expect(stdout).toMatch(new RegExp(`x-brink-served-by: ${model === 'ocr-page' ? 'origin' : 'edge'}`, 'i'));
      expect(stdout).toMatch(/x-brink-digest: [0-9a-f]{64}/i);
      if (model === 'ocr-line') expect(stdout).toContain('"text":"Brink reads this line"');
    }
    expect(first.events.filter(({ event }) => event === 'published').map(({ model }) => model)).toEqual([
      'ocr-line',
      'ocr-page',
      'vad',
    ]);
    expect(first.events.filter(({ event }) => /failed|error/.test(event))).toEqual([]);
  });

  it('refuses to start twice on one state folder, saying where the first one runs', async () => {
    const second = start();
    expect(await second.exited).toBe(1);
    expect(second.stderr).toContain(`process ${started[0]!.pid}, http://127.0.0.1:${ports[0]!}`);
  });

  it('recovers when the starter and its servers were killed at once, and publishes nothing again', async () => {
    const before = groups();
    expect(before).toHaveLength(2);
    for (const pid of [started[0]!.pid, ...before]) process.kill(pid, 'SIGKILL');
    await started[0]!.exited;
    const again = start();
    await again.when(({ event }) => event === 'up');
    expect(left(before)).toEqual([]);
    expect(again.events.filter(({ event }) => event === 'publishing')).toEqual([]);
  });

  it('starts a server again that dies', async () => {
    const running = started.at(-1)!;
    const [edge] = readRun(home)!.children.filter(({ name }) => name === 'edge');
    process.kill(edge!.pid, 'SIGKILL');
    await running.when(({ message }) => message.startsWith('the edge is back'));
    expect(left([edge!.pid])).toEqual([]);
  });

  it('starts the edge again when workerd alone is killed', async () => {
    const running = started.at(-1)!;
    const isBack = ({ message }: { message: string }): boolean => message.startsWith('the edge is back');
    const before = running.events.filter(isBack).length;
    const edge = readRun(home)!.children.find(({ name }) => name === 'edge')!;
    const workerd = systemProcesses.list().filter(({ group, pid }) => group === edge.pid && pid !== edge.pid);
    expect(workerd.length).toBeGreaterThan(0);
    for (const { pid } of workerd) process.kill(pid, 'SIGKILL');
    await expect.poll(() => running.events.filter(isBack).length, { timeout: 30_000 }).toBe(before + 1);
    expect(left([edge.pid])).toEqual([]);
  });

  it('ends everything at SIGTERM', async () => {
    const ours = groups();
    started.at(-1)!.kill('SIGTERM');
    expect(await started.at(-1)!.exited).toBe(0);
    expect(left(ours)).toEqual([]);
    expect(readRun(home)).toBeUndefined();
  });
});
