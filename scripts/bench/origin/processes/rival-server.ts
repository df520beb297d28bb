import cluster from 'node:cluster';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { SessionOptions } from '../../../../origin/runner/session-options.js';
import { ortSessionOptions } from '../../../../origin/runner/ort-session-options.js';
import { readCase } from '../models/case-files.js';
import { rivalVariables } from '../rival.js';

/**
 * What people write: one file with Hono and a `session.run` per request. The body is the input tensor's bytes and the answer
 * the output's, with no protocol around them: the least that a server can do. With more than one worker it is what an
 * expert writes: the same in a process per core behind one port.
 */
const { casePath, options: optionsJson, workers } = variables(rivalVariables);
const host = '127.0.0.1';

if (cluster.isPrimary && Number(workers) > 1) leadWorkers(Number(workers));
else await serveModel();

async function serveModel(): Promise<void> {
  const { graphPath, input, output } = await readCase(casePath);
  const ort = await import('onnxruntime-node');
  ort.env.logLevel = 'fatal';
  const options = ortSessionOptions(JSON.parse(optionsJson) as SessionOptions);
  const session = await ort.InferenceSession.create(graphPath, options);
  const app = new Hono();
  app.post('/infer', async (context) => {
    const data = new Float32Array(await context.req.arrayBuffer());
    const results = await session.run({ [input.name]: new ort.Tensor('float32', data, [1, ...input.itemShape]) });
    const answer = results[output.name]?.data as Float32Array<ArrayBuffer>;
    const bytes = new Uint8Array(answer.buffer, answer.byteOffset, answer.byteLength);
    return context.body(bytes, 200, { 'content-type': 'application/octet-stream' });
  });
  serve({ fetch: app.fetch, hostname: host, port: 0 }, ({ port }) => {
    if (cluster.isPrimary) sayListening(port);
  });
}

/** Says that it listens when every worker does. A worker that dies ends all: a benchmark is not to measure fewer. */
function leadWorkers(count: number): void {
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    listening += 1;
    if (listening === count) sayListening(port);
  });
  cluster.on('exit', () => process.exit(1));
  for (let worker = 0; worker < count; worker += 1) cluster.fork();
}

function sayListening(port: number): void {
  process.stdout.write(`${JSON.stringify({ event: 'listening', url: `http://${host}:${port}` })}\n`);
}

function variables<Name extends string>(names: Readonly<Record<Name, string>>): Record<Name, string> {
  const entries = Object.entries<string>(names).map(([name, variable]) => [name, process.env[variable] ?? '']);
  return Object.fromEntries(entries) as Record<Name, string>;
}

process.on('disconnect', () => process.exit(0)); // whoever started it is gone
