import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, readlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../../origin/runner/frame.js';
import { FrameReader } from '../../../../origin/runner/frame-reader.js';
import { wholeTensor } from '../../../../origin/runner/whole-tensor.js';
import { doubleModel } from '../../../harness/onnx.js';
import { fp32 } from '../../tensors.js';
import { end, openWorkshop, runWhole, sessionOptions, type Workshop } from './workshop.js';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

const x = fp32('x', [1, 4], [1, 2, 3, 4]);
const linux = process.platform === 'linux';
const noProc = 'a process is looked at from outside by /proc, which only Linux has';
const noStrace = linux && spawnSync('strace', ['-V']).status === 0 ? undefined : 'strace is not installed here';

/** Descriptors that are sockets: node's own pipes for standard output and error (1, 2) are, too. */
async function socketsOf(pid: number): Promise<number[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  return descriptors
    .filter((_, index) => links[index]?.startsWith('socket:'))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Of the log that onnxruntime's telemetry writes whatever TMPDIR says. */
const debugLogs = async (): Promise<string[]> =>
  (await readdir('/tmp').catch(() => [])).filter((name) => name.startsWith('mat-debug'));

describe(`a runner${linux ? '' : ` (skipped: ${noProc})`}`, () => {
  it.skipIf(!linux)('has nothing of the server’s environment, secrets least of all', async () => {
    process.env['BRINK_TEST_SECRET'] = 'do-not-tell';
    const runner = await shop.spawn({ env: { LD_LIBRARY_PATH: '/opt/gpu' } });
    try {
      await runner.ping();
      const environ = await readFile(`/proc/${runner.pid}/environ`, 'utf8');
      const names = environ
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => entry.split('=')[0]);
      expect(names.sort()).toEqual(['HOME', 'LD_LIBRARY_PATH', 'ORT_DISABLE_TELEMETRY', 'TMPDIR']);
      expect(environ).toContain('ORT_DISABLE_TELEMETRY=1');
      const { pid } = process;
      expect(await readFile(`/proc/${pid}/environ`, 'utf8')).toContain('PATH='); // such a file does show what there is
    } finally {
      delete process.env['BRINK_TEST_SECRET'];
      await end(runner);
    }
  });

  it.skipIf(!linux)('leaves no file where it lives, and has one socket, also after a run', async () => {
    const runner = await shop.loaded({ double: doubleModel() });
    try {
      await runWhole(runner, 'double', x);
      const home = await readlink(`/proc/${runner.pid}/cwd`);
      expect(await readdir(home)).toEqual([]); // HOME and TMPDIR, too
      expect(await socketsOf(runner.pid)).toEqual([1, 2, 3]);
      expect((await debugLogs()).filter((name) => name.includes(String(runner.pid)))).toEqual([]);
    } finally {
      await end(runner);
    }
  });

  it.skipIf(!linux)('is taken first when memory runs out', async () => {
    const runner = await shop.spawn();
    try {
      await runner.ping();
      expect((await readFile(`/proc/${runner.pid}/oom_score_adj`, 'utf8')).trim()).toBe('1000');
      expect((await readFile(`/proc/${process.pid}/oom_score_adj`, 'utf8')).trim()).not.toBe('1000');
    } finally {
      await end(runner);
    }
  });
});

const ortNode = createRequire(import.meta.url).resolve('onnxruntime-node');

/** Loads and runs a model with onnxruntime's own telemetry as it comes, and opens a socket: what must be noticed. */
const careless = (model: string): string => `
  import { createRequire } from 'node:module';
  import { createSocket } from 'node:dgram';
  import { once } from 'node:events';
  const ort = createRequire(import.meta.url)(${JSON.stringify(ortNode)});
  const session = await ort.InferenceSession.create(${JSON.stringify(model)});
  await session.run({ x: new ort.Tensor('float32', new Float32Array(4), [1, 4]) });
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  process.stdout.write('ready\\n');
  process.stdin.resume().once('end', () => process.exit());
`;

async function carelessHome(): Promise<{ home: string; env: Record<string, string>; code: string }> {
  const home = join(shop.directory, `home-${Math.random()}`);
  await mkdir(home);
  const code = careless(await shop.file('careless.onnx', doubleModel().bytes));
  return { home, env: { HOME: home, TMPDIR: home, PATH: process.env['PATH'] ?? '' }, code };
}

describe('the checks above', () => {
  it.skipIf(!linux)('would notice: without ORT_DISABLE_TELEMETRY there are files, and a socket is seen', async () => {
    const { home, env, code } = await carelessHome();
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      expect((await socketsOf(child.pid!)).length).toBeGreaterThan(2); // 0, 1 and the one it opened
      const files = await readdir(home, { recursive: true });
      expect(files.filter((name) => name.includes('onnxruntime'))).not.toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

/** Calls that a runner under strace makes to open sockets, to connect, and to make files. */
async function traced(
  command: string,
  env: Record<string, string>,
  talk: (child: ReturnType<typeof spawn>) => Promise<void>,
) {
  const trace = join(shop.directory, `trace-${Math.random()}`);
  const line = `exec strace -f -qq -e trace=socket,connect,openat,mkdir -o ${trace} ${command}`;
  const child = spawn('/bin/sh', ['-c', line], { env, stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  const exited = once(child, 'exit');
  await talk(child);
  await exited;
  const calls = (await readFile(trace, 'utf8')).split('\n');
  const unsuspicious = /"\/dev\/null"|"\/proc\/self\/oom_score_adj"/;
  return {
    network: calls.filter((call) => /\b(socket|connect)\(/.test(call)),
    files: calls.filter((call) => /O_CREAT|O_WRONLY|O_RDWR|mkdir\(/.test(call) && !unsuspicious.test(call)),
  };
}

describe(`a runner under strace${noStrace === undefined ? '' : ` (skipped: ${noStrace})`}`, () => {
  it.skipIf(noStrace !== undefined)(
    'opens no socket and makes no file, from its start over a run to its end',
    async () => {
      const home = join(shop.directory, 'traced');
      await mkdir(home);
      const model = await shop.file('traced.onnx', doubleModel().bytes);
      const env = { HOME: home, TMPDIR: home, ORT_DISABLE_TELEMETRY: '1' };
      const results: unknown[] = [];
      const calls = await traced(`${process.execPath} ${shop.runnerJs} $$`, env, async ({ stdio }) => {
        const socket = stdio[3] as Duplex;
        const load = { type: 'load', graphs: { double: model }, session: sessionOptions };
        for (const chunk of encodeFrame(load, [])) socket.write(chunk);
        for (const chunk of encodeFrame({ type: 'run', id: 1, graph: 'double' }, [wholeTensor(x)])) socket.write(chunk);
        const reader = new FrameReader();
        for await (const chunk of socket) {
          results.push(...reader.push(chunk as Uint8Array).map(({ header }) => (header as { type: string }).type));
          if (results.length === 2) break; // leaving the loop closes the socket, and the runner ends
        }
      });
      expect(results).toEqual(['loaded', 'result']);
      expect(calls).toEqual({ network: [], files: [] });
      expect(await readdir(home)).toEqual([]);
    },
  );

  it.skipIf(noStrace !== undefined)('would be caught: telemetry’s files and a socket are in the trace', async () => {
    const { env, code } = await carelessHome();
    const script = await shop.file('careless.mjs', Buffer.from(code));
    const { network, files } = await traced(`${process.execPath} ${script}`, env, async ({ stdin, stdout }) => {
      if (stdout !== null) await Promise.race([once(stdout, 'data'), once(stdout, 'end')]);
      stdin?.end();
    });
    expect(network.filter((call) => call.includes('AF_INET'))).not.toEqual([]);
    expect(files.filter((call) => call.includes('onnxruntime'))).not.toEqual([]);
  });
});
