import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ListeningProcess } from '../../../scripts/local/processes.js';
import { systemProcesses } from '../../../scripts/start/process-table.js';
import { folderOf, removeFolder } from '../model-folder.js';

const alive = (pid: number): boolean => systemProcesses.list().some((row) => row.pid === pid);

/** Looks until it is so; the test's own time limit ends what never comes. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('a server in a process of its own', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await folderOf({});
  });
  afterEach(() => removeFolder(folder));

  const server = async (script: string, more: { listenMsMax?: number } = {}) => {
    const place = await folderOf({ 'server.mjs': script });
    const lines: string[] = [];
    const { PATH } = process.env;
    const options = { name: 'the server', script: join(place, 'server.mjs'), env: { PATH }, ...more };
    return { lines, child: new ListeningProcess({ ...options, onLine: (line) => lines.push(line) }), place };
  };
  const listening = `console.log('{"event":"listening","url":"http://here"}');`;
  const stays = `setInterval(() => {}, 1e6); process.on('disconnect', () => process.exit(0));`;
  // A child that outlives its parent, as workerd does.
  const grandchild = `
    import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
    console.log(JSON.stringify({ grandchild: child.pid }));`;
  const grandchildOf = (lines: string[]): number =>
    (JSON.parse(lines.find((line) => line.includes('grandchild'))!) as { grandchild: number }).grandchild;

  it('tells its address, its lines, and ends when asked', async () => {
    const { child, lines, place } = await server(`console.log('hello'); ${listening} ${stays}`);
    expect(await child.listening).toBe('http://here');
    expect(lines[0]).toBe('hello');
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
    await removeFolder(place);
  });

  it('loads no telemetry of onnxruntime', async () => {
    const { child, lines, place } = await server(
      `console.log(process.env.ORT_DISABLE_TELEMETRY); ${listening} ${stays}`,
    );
    await child.listening;
    expect(lines[0]).toBe('1');
    await child.stop();
    await removeFolder(place);
  });

  it('is killed with its children when it does not end by itself', async () => {
    const { child, lines, place } = await server(
      `${grandchild} process.on('SIGTERM', () => {}); ${listening} ${stays}`,
    );
    await child.listening;
    const pid = grandchildOf(lines);
    await child.stop(1);
    expect((await child.exited).signal).toBe('SIGKILL');
    await until(() => !alive(pid));
    await removeFolder(place);
  });

  it('leaves no child behind when it is killed', async () => {
    const { child, lines, place } = await server(`${grandchild} ${listening} ${stays}`);
    await child.listening;
    const pid = grandchildOf(lines);
    await child.kill('SIGKILL');
    await until(() => !alive(pid));
    await removeFolder(place);
  });

  it('says with its last words that it ended before it listened', async () => {
    const { child, place } = await server(`console.error('no such thing'); process.exit(3);`);
    await expect(child.listening).rejects.toThrow(
      /the server ended \(exit status 3\); it said last:\n {2}no such thing/,
    );
    await removeFolder(place);
  });

  it('is ended when it does not listen in time', async () => {
    const { child, place } = await server(stays, { listenMsMax: 1 });
    await expect(child.listening).rejects.toThrow('did not listen within 1 ms');
    expect((await child.exited).signal).toBe('SIGKILL');
    await removeFolder(place);
  });

  it('learns of the death of its starter, even by SIGKILL', async () => {
    const place = await folderOf({ 'child.mjs': `${listening} ${stays}` });
    const script = `
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      const child = spawn(process.execPath, ['child.mjs'], { stdio: ['ignore', 'pipe', 'ignore', 'ipc'], detached: true });
      child.stdout.once('data', () => { writeFileSync('pid', String(child.pid)); console.log('ready'); });`;
    const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd: place,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => starter.stdout.once('data', resolve));
    const pid = Number(readFileSync(join(place, 'pid'), 'utf8'));
    expect(alive(pid)).toBe(true);
    starter.kill('SIGKILL');
    await until(() => !alive(pid));
    await removeFolder(place);
  });
});
