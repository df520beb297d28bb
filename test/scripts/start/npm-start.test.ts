import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { definitionFiles } from '../../../scripts/publish/load-definition.js';
import { systemProcesses } from '../../../scripts/start/process-table.js';
import { readRun, type RunRecord } from '../../../scripts/start/run-file.js';
import { doubleModel } from '../../harness/onnx.js';
import { folderOf, removeFolder } from '../model-folder.js';
import { freePorts, Started } from './started.js';

const key = '0123456789abcdef';

/** `npm start` itself, in a copy of the project: it builds, and dist/ of this one is in use by other tests. */
describe('npm start', () => {
  let copy: string;
  let ports: number[];
  const started: Started[] = [];
  const env = { ...process.env, npm_config_update_notifier: 'false', CORS_ORIGINS: '*', INFERENCE_KEYS: `app=${key}` };
  const npmStart = (...args: readonly string[]): Started => {
    const all = ['--json-logs', '--edge-port', String(ports[0]), '--origin-port', String(ports[1]), ...args];
    const one = new Started({ command: ['npm', '--silent', 'start', '--', ...all], cwd: copy, env });
    started.push(one);
    return one;
  };
  /** Resolves when the starter of the copy, its servers and whatever they have started are gone. */
  const gone = async ({ starter, children }: RunRecord): Promise<void> => {
    const groups = children.map(({ pid }) => pid);
    const left = () => systemProcesses.list().filter(({ pid, group }) => pid === starter.pid || groups.includes(group));
    while (left().length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const home = (): string => join(copy, '.brink');

  beforeAll(async () => {
    copy = await folderOf({});
    const parts = ['edge', 'origin', 'shared', 'models', 'scripts', 'package.json', 'wrangler.toml', 'tsconfig.json'];
    // One small model is enough: those of models/ have their turn in another test.
    const filter = (file: string): boolean => !definitionFiles.some((name) => name === basename(file));
    for (const part of parts) await cp(join(projectRoot(), part), join(copy, part), { recursive: true, filter });
    await symlink(join(projectRoot(), 'node_modules'), join(copy, 'node_modules'));
    const model = join(copy, 'models', 'double');
    await mkdir(model, { recursive: true });
    const definition = { name: 'double', graphs: { main: { from: 'double.onnx' } } };
    await writeFile(join(model, 'definition.json'), JSON.stringify(definition));
    await writeFile(join(model, 'double.onnx'), doubleModel(2).bytes);
    ports = await freePorts();
  });
  afterAll(async () => {
    const left = readRun(home()); // of a test that failed
    if (left !== undefined) systemProcesses.signal(left.starter.pid, 'SIGTERM');
    for (const one of started) one.kill('SIGTERM');
    await Promise.all(started.map(({ exited }) => exited));
    await removeFolder(copy);
  });

  it('builds, passes variables on, and with --json-logs says nothing but JSON lines', async () => {
    const first = npmStart();
    await first.when(({ event }) => event === 'up');
    expect(first.stderr).toBe('');
    expect(first.events.map(({ event }) => event)).toEqual(['built', 'publishing', 'published', 'up']);
    expect(first.events[2]?.message).toBe('double v1 is published and served');
    expect(first.events[3]?.message).toContain('BRINK_KEY');
    const url = `http://127.0.0.1:${ports[0]!}/v2/models/double`;
    const answer = await fetch(url, { headers: { origin: 'http://page', authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect((await fetch(url)).status).toBe(401);
  });

  it('leaves dist/ as it is when it is refused, used wrongly, or asked for help', async () => {
    const before = await stat(join(copy, 'dist', 'start.js'));
    const second = npmStart();
    expect(await second.exited).toBe(1);
    expect(second.stderr).toContain(`Brink runs already on ${home()}`);
    const run = (...args: string[]) => promisify(execFile)(process.execPath, ['scripts/start.mjs', ...args], { cwd: copy }); // prettier-ignore
    await expect(run('--nonsense')).rejects.toMatchObject({ code: 2, stdout: '' });
    expect((await run('--help')).stdout).toContain('INFERENCE_KEYS');
    expect((await stat(join(copy, 'dist', 'start.js'))).mtimeMs).toBe(before.mtimeMs);
  });

  it('ends with everything that it started when npm gets SIGTERM', async () => {
    const run = readRun(home())!;
    expect(run.children).toHaveLength(2);
    started[0]!.kill('SIGTERM');
    await started[0]!.exited;
    await gone(run);
    expect(await readdir(home())).not.toContain('run.json');
  });

  it('tells of a folder that has changed, and ends with everything when npm is killed', async () => {
    await writeFile(join(copy, 'models/double/double.onnx'), doubleModel(3).bytes);
    const again = npmStart();
    const changed = await again.when(({ event }) => event === 'model-changed');
    expect(changed.message).toBe('models/double differs from what is published (v1): npx brink publish models/double');
    const run = readRun(home())!;
    again.kill('SIGKILL');
    await gone(run);
    expect(await readdir(home())).not.toContain('run.json');
  });
});
