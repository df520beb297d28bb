import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endLeftovers, leftoversOf } from '../../../scripts/start/leftovers.js';
import type { ProcessRow, ProcessTable } from '../../../scripts/start/process-table.js';
import { systemProcesses } from '../../../scripts/start/process-table.js';
import { readRun, type RunRecord, writeRun } from '../../../scripts/start/run-file.js';
import { RunKeeper } from '../../../scripts/start/run-keeper.js';
import { folderOf, removeFolder } from '../model-folder.js';

const root = '/somewhere/brink';
const row = (pid: number, group: number, startedAt: string, command = `node ${root}/dist/edge-dev.js`): ProcessRow => ({
  pid,
  group,
  startedAt,
  command,
});
const run: RunRecord = {
  schema: 1,
  starter: { pid: 100, startedAt: 'boot 1' },
  children: [
    { name: 'edge', pid: 200, startedAt: 'boot 2' },
    { name: 'origin', pid: 300, startedAt: 'boot 3' },
  ],
  edgeUrl: 'http://127.0.0.1:8787',
};

/** Processes that end by the signals in `endsBy`; keeps what was sent. */
class FakeTable implements ProcessTable {
  readonly sent: string[] = [];
  rows: ProcessRow[];
  readonly #endsBy: readonly NodeJS.Signals[];

  constructor(rows: ProcessRow[], endsBy: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGKILL']) {
    this.rows = rows;
    this.#endsBy = endsBy;
  }

  list(): ProcessRow[] {
    return this.rows;
  }

  signal(pid: number, signal: NodeJS.Signals): void {
    this.sent.push(`${signal} ${pid}`);
    if (this.#endsBy.includes(signal)) this.rows = this.rows.filter((one) => one.pid !== pid);
  }
}

describe('what a killed start left behind', () => {
  let home: string;
  beforeEach(async () => {
    home = await folderOf({});
    writeRun(home, run);
  });
  afterEach(() => removeFolder(home));
  const end = (processes: ProcessTable) =>
    endLeftovers({ home, projectRoot: root, processes, wait: () => Promise.resolve() });

  it('is ended with everything in its groups', async () => {
    const table = new FakeTable([
      row(200, 200, 'boot 2'),
      row(201, 200, 'boot 4', 'workerd serve'),
      row(300, 300, 'boot 3'),
    ]);
    expect(await end(table)).toBe(3);
    expect(table.sent).toEqual(['SIGTERM 200', 'SIGTERM 201', 'SIGTERM 300']);
    expect(existsSync(join(home, 'run.json'))).toBe(false);
  });

  it('never touches a process that has only the number of one of ours', async () => {
    const table = new FakeTable([row(200, 200, 'boot 999'), row(201, 200, 'boot 1000'), row(100, 100, 'boot 998')]);
    expect(await end(table)).toBe(0);
    expect(table.sent).toEqual([]);
    expect(readRun(home)).toBeUndefined();
  });

  it('is found when the leader of its group has ended, by the folder of Brink', async () => {
    const rows = [
      row(201, 200, 'boot 4', `${root}/node_modules/workerd serve`),
      row(202, 200, 'boot 5', 'vim notes.txt'),
    ];
    const table = new FakeTable(rows);
    expect(await end(table)).toBe(1);
    expect(table.sent).toEqual(['SIGTERM 201']);
  });

  it('is killed when it does not end by itself', async () => {
    const table = new FakeTable([row(300, 300, 'boot 3')], ['SIGKILL']);
    expect(await end(table)).toBe(1);
    expect(table.sent).toEqual(['SIGTERM 300', 'SIGKILL 300']);
  });

  it('is not waited for without end when nothing ends it', async () => {
    const table = new FakeTable([row(300, 300, 'boot 3')], []);
    expect(await end(table)).toBe(1);
    expect(table.sent.length).toBeLessThan(50);
  });

  it('is no leftover while its start lives: that is refused, saying where it runs', async () => {
    const table = new FakeTable([row(100, 100, 'boot 1'), row(200, 200, 'boot 2')]);
    await expect(end(table)).rejects.toThrow(/runs already on .* \(process 100, http:\/\/127\.0\.0\.1:8787\)/);
    expect(table.sent).toEqual([]);
    expect(readRun(home)).toEqual(run);
  });

  it('is nothing when the file is missing or half written', async () => {
    writeFileSync(join(home, 'run.json'), '{"schema":1,');
    expect(await end(new FakeTable([row(200, 200, 'boot 2')]))).toBe(0);
    expect(await end(new FakeTable([]))).toBe(0);
  });

  it('never includes a foreign group', () => {
    expect(leftoversOf(run, [row(5, 5, 'boot 2'), row(6, 5, 'boot 3')], root)).toEqual([]);
  });
});

describe('the record of a run', () => {
  it('names this process and its servers by start time, and can be taken once', async () => {
    const home = await folderOf({});
    const keeper = RunKeeper.claim(home, systemProcesses, process.pid, 'http://127.0.0.1:1');
    expect(() => RunKeeper.claim(home, systemProcesses, process.pid, '')).toThrow('another start has just taken');
    keeper.child('edge', process.ppid);
    keeper.child('edge', process.pid); // started again: the former is forgotten
    const record = readRun(home);
    expect(record?.starter.pid).toBe(process.pid);
    expect(record?.children).toEqual([{ name: 'edge', ...record?.starter }]);
    keeper.release();
    expect(readRun(home)).toBeUndefined();
    await removeFolder(home);
  });
});

describe('the process table of this machine', () => {
  it('holds this process, always with the same start time', () => {
    const self = () => systemProcesses.list().find(({ pid }) => pid === process.pid);
    expect(self()?.startedAt).toBe(self()?.startedAt);
    expect(self()?.command).toContain('node');
  });

  it('takes a signal for a process that has ended without complaint', () => {
    expect(() => systemProcesses.signal(2 ** 22 + 1, 'SIGTERM')).not.toThrow();
  });
});
