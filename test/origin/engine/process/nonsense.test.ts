import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame, frameBytesMax } from '../../../../origin/runner/frame.js';
import { wholeTensor } from '../../../../origin/runner/whole-tensor.js';
import { fp32 } from '../../tensors.js';
import { openWorkshop, runWhole, type Workshop } from './workshop.js';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

const x = fp32('x', [1, 4], [1, 2, 3, 4]);
const y = wholeTensor(fp32('y', [1, 4], [2, 4, 6, 8]));
const result = { type: 'result', id: 1, inferMs: 1, cpuMs: 1, rssBytes: 1 };
const frame = (header: object, ...tensors: Parameters<typeof encodeFrame>[1]): Buffer =>
  Buffer.concat(encodeFrame(header, tensors));

function length(bytes: number): Buffer {
  const buffer = Buffer.alloc(16);
  buffer.writeUInt32LE(bytes);
  return buffer;
}

/** A "runner" that answers every question with these bytes: its memory is damaged, or it is not one. */
async function answering(bytes: Buffer): Promise<string> {
  const code = `import { Socket } from 'node:net';
const socket = new Socket({ fd: 3, readable: true, writable: true });
socket.on('data', () => socket.write(Buffer.from('${bytes.toString('base64')}', 'base64')));
socket.on('error', () => {});`;
  return shop.file(`nonsense-${bytes.toString('hex').length}-${Math.random()}.mjs`, Buffer.from(code));
}

const nonsense: [string, Buffer][] = [
  ['bytes at random', Buffer.from('c0ffeeffb10cf00dbadc0ded', 'hex')],
  ['a frame of less than its own head', length(4)],
  ['a frame over the limit', length(frameBytesMax + 8)],
  ['a frame without JSON', length(16)],
  ['no message', frame({ hello: 'world' })],
  ['an answer to another question', frame({ ...result, id: 2 }, y)],
  ['an answer of another kind', frame({ type: 'pong', id: 1, rssBytes: 1 })],
  ['an answer without what belongs to it', frame({ type: 'result', id: 1 })],
  ['a failure with a code that there is not', frame({ type: 'failed', id: 1, failure: { code: 'oops', message: '' }, detail: '' })],
  ['a tensor with fewer bytes than its shape', frame(result, { ...y, shape: [2, 4] })],
  ['a tensor with more bytes than its shape', frame(result, { ...y, shape: [1, 3] })],
  ['a tensor of no shape', frame(result, { ...y, shape: [-1, -4] })],
  ['a tensor of no datatype', frame(result, { ...y, datatype: 'FP99' as 'FP32' })],
]; // prettier-ignore

describe('a runner that answers', () => {
  it.each(nonsense)('%s is killed, and its runs are rejected', async (_what, bytes) => {
    const runner = await shop.spawn({ runnerJs: await answering(bytes) });
    await expect(runWhole(runner, 'main', x)).rejects.toMatchObject({ kind: 'nonsense' });
    expect(await runner.ended).toBe('the runner ended: it answered what makes no sense');
  });

  it('what makes sense is believed', async () => {
    const runner = await shop.spawn({ runnerJs: await answering(frame(result, y)) });
    const { outputs, inferMs } = await runWhole(runner, 'main', x);
    expect([...(outputs[0]!.data as Float32Array), inferMs]).toEqual([2, 4, 6, 8, 1]);
    runner.kill();
    await runner.ended;
  });

  it('more than it was asked is killed', async () => {
    const runner = await shop.spawn({ runnerJs: await answering(Buffer.concat([frame(result, y), frame(result, y)])) });
    await runWhole(runner, 'main', x).catch(() => undefined);
    expect(await runner.ended).toBe('the runner ended: it answered what makes no sense');
  });
});
