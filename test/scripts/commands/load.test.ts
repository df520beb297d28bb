import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LoadReport } from '../../../scripts/load/report/load-report.js';
import { LoadServer, type Reply } from '../load/load-server.js';
import { folderOf, removeFolder } from '../model-folder.js';
import { type Ended, runBrink } from '../run-brink.js';

const metadata = {
  name: 'double',
  platform: 'onnx_onnxv1',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
};
const asked: { method: string; url: string; authorization: string | undefined; serveOn: string | undefined }[] = [];
const serve: Reply = (request, response) => {
  const { method = '', url = '', headers } = request;
  const { authorization } = headers;
  asked.push({ method, url, authorization, serveOn: headers['x-brink-serve-on'] as string | undefined });
  response.setHeader('x-brink-served-by', 'edge');
  response.setHeader('x-brink-version', 'v1');
  if (method === 'GET') response.end(JSON.stringify(metadata));
  else response.end('{"outputs":[]}');
};

let server: LoadServer;
let folder: string;
beforeAll(async () => {
  server = await LoadServer.start(serve);
  folder = await folderOf({ 'a.png': 'png', 'odd/a.xyz': '?' });
});
afterAll(async () => {
  await server.stop();
  await removeFolder(folder);
});
beforeEach(() => {
  asked.length = 0;
  server.reply = serve;
});

const load = (
  args: readonly string[],
  meanwhile?: (kill: (signal: NodeJS.Signals) => void) => Promise<void>,
): Promise<Ended> =>
  runBrink(['load', 'double', ...args], {
    env: { BRINK_URL: server.url, BRINK_TOKEN: 'token' },
    cwd: folder,
    ...(meanwhile === undefined ? {} : { meanwhile }),
  });
const short = ['--seconds', '1', '--warm-up', '0'];
const reportOf = ({ stdout }: Ended): LoadReport => JSON.parse(stdout) as LoadReport;

describe('brink load', () => {
  it('runs closed loops with tensors by chance and prints one document', async () => {
    const ended = await load([...short, '--connections', '1,3', '--tier', 'edge', '--json']);
    expect(ended.exit).toBe(0);
    const { steps, servedBy, protocol, saturation, stopped } = reportOf(ended);
    expect(steps.map(({ shape }) => shape)).toEqual([
      { kind: 'closed', connections: 1 },
      { kind: 'closed', connections: 3 },
    ]);
    const answered = steps.reduce((sum, { result }) => sum + result.answered, 0);
    expect({ servedBy, protocol, saturation, stopped }).toEqual({
      servedBy: { 'edge v1': answered },
      protocol: 'binary',
      saturation: null,
      stopped: false,
    });
    expect(asked[0]).toMatchObject({ method: 'GET', url: '/v2/models/double' });
    expect(asked.at(-1)).toEqual({
      method: 'POST',
      url: '/v2/models/double/infer',
      authorization: 'Bearer token',
      serveOn: 'edge',
    });
  });

  it('sends files to the handler, draws a table and writes a page', async () => {
    const ended = await load([...short, '--traffic', 'a.png', '--predict', '--rate', '40', '--html', 'load.html']);
    expect(ended).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/40\/s +[\d.]+ answered\/s[\s\S]*wrote load\.html/) as string,
    });
    expect(ended.stdout).toMatch(/^double at .*, as it is: one request of a\.png[\s\S]*LOAD[\s\S]*\n40\/s /);
    expect(new Set(asked.map(({ method, url }) => `${method} ${url}`))).toEqual(
      new Set(['POST /v1/models/double/predict']),
    );
    expect(await readFile(join(folder, 'load.html'), 'utf8')).toContain('<title>Load on double</title>');
  });

  it('ends at Ctrl-C with what it has, and with status 130', async () => {
    const reached = new Promise<void>((resolve) => {
      server.reply = (...given) => {
        if (asked.length === 20) resolve();
        serve(...given);
      };
    });
    const ended = await load(['--seconds', '600', '--warm-up', '0', '--connections', '2,4', '--json'], async (kill) =>
      reached.then(() => kill('SIGINT')),
    );
    expect(ended.exit).toBe(130);
    const { steps, stopped } = reportOf(ended);
    expect(stopped).toBe(true);
    expect(steps).toHaveLength(1);
    expect(steps[0]?.result).toMatchObject({ ended: 'stopped', valid: false });
    expect(steps[0]?.result.answered).toBeGreaterThan(10);
  });

  it('tells the refusal of the first request in the server’s words, and sends no load', async () => {
    server.reply = (request, response, ...rest) => {
      if (request.method === 'GET') {
        serve(request, response, ...rest);
        return;
      }
      response.statusCode = 404;
      response.end(JSON.stringify({ error: 'there is no such thing', code: 'unknown-model' }));
    };
    const before = server.requests;
    const { exit, stdout } = await load(['--json']);
    expect({ exit, json: JSON.parse(stdout) as unknown }).toEqual({
      exit: 3,
      json: { error: 'there is no such thing', code: 'unknown-model' },
    });
    expect(server.requests - before).toBe(2);
  });

  it.each<[number, string, string[]]>([
    [2, 'expected 1 to 1024 connections, got "1025"', ['--connections', '8,1025']],
    [2, 'expected 0.01 to 50000 requests a second, got "50001"', ['--rate', '50001']],
    [2, 'expected a whole number from 1 to 600', ['--seconds', '601']],
    [2, 'expected at most 20 runs, got 21', ['--rate', Array(21).fill('1').join(',')]],
    [2, 'cannot be used with', ['--rate', '5', '--connections', '5']],
    [2, '--predict needs --traffic', ['--predict']],
    [2, 'expected either --tier or --origin-url', ['--tier', 'edge', '--origin-url', 'http://127.0.0.1:1']],
    [2, '--protocol grpc goes to an origin', ['--protocol', 'grpc']],
    [2, 'expected --shape name=1,3,48,320, got "x"', ['--shape', 'x']],
    [2, 'the model has no input "z"; it has x', ['--shape', 'z=1']],
    [2, 'there is no such file or folder', ['--traffic', 'nowhere']],
    [2, 'a.xyz: expected V2 requests', ['--traffic', 'odd']],
    [6, 'cannot reach http://127.0.0.1:1', ['--origin-url', 'http://127.0.0.1:1']],
  ])('has status %i and says why: %s', async (exit, message, args) => {
    const ended = await load([...args, '--json']);
    expect(ended.exit).toBe(exit);
    expect(ended.stderr).toContain(message);
    expect(JSON.parse(ended.stdout)).toHaveProperty('error');
  });
});
