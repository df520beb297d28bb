import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeModel, node, spec } from '../harness/onnx.js';
import { seededRandom } from '../harness/random.js';
import { originKey } from '../harness/stack.js';
import { FaultStack } from './fault-stack.js';

/** 64 KiB in, and as much out: memory that is lent, on both ways. */
const columns = 16_384;
const [callers, rounds] = [24, 25];

let origin: FaultStack;
beforeAll(async () => {
  origin = await FaultStack.start({ settings: '[defaults]\ninstances = 2\nthreads = 1\n' });
  const signature = { inputs: [spec('x', 'FP32', [-1, columns])], outputs: [spec('y', 'FP32', [-1, columns])] };
  await origin.release('sum', makeModel(signature, [node('Add', ['x', 'x'], ['y'])]));
});
afterAll(() => origin.dispose());

const path = '/v2/models/sum/infer';

/** Headers of several lengths: tensors begin wherever they do. */
function infer(values: Float32Array, id: string): { headers: Record<string, string>; body: Buffer } {
  const input = { name: 'x', datatype: 'FP32', shape: [1, columns], parameters: { binary_data_size: 4 * columns } };
  const head = Buffer.from(JSON.stringify({ id, inputs: [input], parameters: { binary_data_output: true } }));
  const headers = { 'inference-header-content-length': String(head.length) };
  return { headers, body: Buffer.concat([head, new Uint8Array(values.buffer)]) };
}

/** Sends a part of a body and leaves. */
function leave({ headers, body }: ReturnType<typeof infer>, bytes: number): Promise<void> {
  const url = new URL(origin.stack.originUrl);
  return new Promise((resolve) => {
    const outgoing = request({
      host: url.hostname,
      port: url.port,
      method: 'POST',
      path,
      headers: { ...headers, authorization: `Bearer ${originKey}`, 'content-length': String(body.length) },
    });
    outgoing.on('error', () => resolve());
    outgoing.on('close', () => resolve());
    outgoing.write(body.subarray(0, bytes), () => setImmediate(() => outgoing.destroy()));
  });
}

it('gives each of many callers the answer to what he sent, while others fail, leave, and share his batch', async () => {
  const caller = async (number: number): Promise<number> => {
    const random = seededRandom(number);
    let right = 0;
    for (let round = 0; round < rounds; round += 1) {
      const values = Float32Array.from({ length: columns }, () => Math.fround(random()));
      const message = infer(values, 'i'.repeat(1 + Math.floor(9 * random())));
      const chance = random();
      if (chance < 0.1) {
        await leave(message, Math.floor(random() * message.body.length));
      } else if (chance < 0.2) {
        const headers = { ...message.headers, 'inference-header-content-length': '3' };
        expect((await origin.http.send({ path, ...message, headers })).status).toBe(400);
      } else {
        const reply = await origin.http.send({ path, ...message });
        expect(reply.status).toBe(200);
        const answer = new Float32Array(Uint8Array.from(reply.bytes.subarray(-4 * columns)).buffer);
        const wrong = answer.findIndex((value, at) => value !== Math.fround(2 * values[at]!));
        expect(wrong, `caller ${number}, round ${round}: first wrong element`).toBe(-1);
        right += 1;
      }
    }
    return right;
  };
  const right = await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  expect(right.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(callers * rounds * 0.7);
  expect(await origin.metric('brink_batch_rows_count')).toBeLessThan(await origin.metric('brink_batch_rows_sum'));
}, 120_000);
