import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { doubleModel } from '../harness/onnx.js';
import { adminToken } from '../harness/stack.js';
import { FaultStack, grpcRequest, soon, vector } from './fault-stack.js';
import { outcomeOfGrpc, outcomeOfReply } from './outcome.js';

const oldKey = 'the-old-key-0123456789';
const newKey = 'the-new-key-0123456789';

let folder: string;
let origin: FaultStack;
/** As a rename, so that nobody ever reads half a file. */
async function writeKeys(inference: string): Promise<void> {
  const path = join(folder, 'keys.toml');
  const text = `[inference]\napp = "${inference}"\n[read]\ndashboard = "${inference}-reads"\n[admin]\nops = "${adminToken}"\n`;
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brink-keys-'));
  await writeKeys(oldKey);
  origin = await FaultStack.start({ originEnv: { ORIGIN_KEYS_FILE: join(folder, 'keys.toml') } });
  await origin.release('double', doubleModel());
});
afterAll(async () => {
  await origin.dispose();
  await rm(folder, { recursive: true, force: true });
});

const inputs = vector(1, 2, 3, 4);

/** What each channel says to a key now. */
async function verdicts(key: string): Promise<readonly string[]> {
  const authorization = `Bearer ${key}`;
  const rest = await origin.http.send({
    path: '/v2/models/double/infer',
    body: JSON.stringify({ inputs }),
    headers: { 'content-type': 'application/json', authorization },
  });
  const grpc = await origin.grpc.call('ModelInfer', grpcRequest('double', inputs), { metadata: { authorization } });
  const { metrics } = origin.rows('listening').at(-1) as { metrics: string };
  const scrape = await fetch(`${metrics}/metrics`, { headers: { authorization: `Bearer ${key}-reads` } });
  await scrape.arrayBuffer();
  return [outcomeOfReply(rest).text, outcomeOfGrpc(grpc).text, String(scrape.status)];
}

it('keys that are replaced in their file hold from then on, on every channel, without a restart', async () => {
  const allowed = ['ok', 'ok', '200'];
  const refused = ['401 unauthenticated', 'UNAUTHENTICATED unauthenticated', '401'];
  expect([await verdicts(oldKey), await verdicts(newKey)]).toEqual([allowed, refused]);
  const stream = origin.grpc.stream({ metadata: { authorization: `Bearer ${oldKey}` } });
  stream.send(grpcRequest('double', inputs));
  expect(await stream.received(1)).toHaveLength(1);
  await writeKeys(newKey);
  await expect.poll(() => origin.rows('keys-reloaded').length, soon).toBe(1);
  expect([await verdicts(oldKey), await verdicts(newKey)]).toEqual([refused, allowed]);
  // a stream that was opened with the old key says so to each message from now on
  stream.send(grpcRequest('double', inputs));
  expect((await stream.received(2))[1]?.['error_message']).toMatch(/key|token|authenticat/i);
  stream.call.end();
  await stream.ended;
  expect(origin.rows('runner-ready')).toHaveLength(1);
  expect(origin.rows('listening')).toHaveLength(1);
});

it('a file that cannot be used changes nothing, and the log says so without a token', async () => {
  const path = join(folder, 'keys.toml');
  await writeFile(path, `[inference]\napp = "${newKey}\n`);
  await expect.poll(() => origin.rows('keys-kept').length, soon).toBe(1);
  expect(await verdicts(newKey)).toEqual(['ok', 'ok', '200']);
  expect(JSON.stringify(origin.rows('keys-kept'))).not.toContain(newKey);
});
