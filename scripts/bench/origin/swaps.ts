import { setTimeout } from 'node:timers/promises';
import { manifestDigest } from '../../../shared/manifest/digest.js';
import { headers as brinkHeaders } from '../../../shared/protocol/headers.js';
import type { PreparedVersion } from '../../publish/prepare-version.js';
import { type BenchRow, rounded } from '../bench-report.js';
import { requestIn } from '../edge/wire-format.js';
import { KeepAliveClient } from '../keep-alive-client.js';
import type { BenchContext } from './bench-context.js';
import type { ServingModel } from './models/serving-model.js';
import { leastOf, type OriginWeight, weigh } from './origin-weight.js';
import { OriginUnderTest } from './origin-under-test.js';

const warmUpRequests = 60;
const requestsAfterSwap = 3;
/** The old versions' processes end some time after a swap: the follower looks every two seconds. */
const settleMsMax = 15_000;
const lookEveryMs = 250;
const readings = 8;

export interface SwapFigures {
  readonly rows: readonly BenchRow[];
  /** Resident memory of the origin and all its processes, after less before. */
  readonly growthMb: number;
}

/** Swaps the version of a model so many times while requests come, and weighs the origin before and after. */
export async function swapVersions(
  { folder, setup, samples, progress, signal }: BenchContext,
  model: ServingModel,
): Promise<SwapFigures> {
  progress.stage(`${model.name}: ${samples.swaps} swaps of versions`, samples.swaps);
  const { prepared } = model;
  const origin = await OriginUnderTest.start({ folder, setup, versions: [prepared] });
  const client = new KeepAliveClient(origin.url);
  let failed = 0;
  const ask = async (epoch: number): Promise<string | undefined> => {
    const [sample] = model.samples;
    const input = {
      name: model.input.name,
      shape: [1, ...model.input.itemShape],
      data: sample?.input ?? new Float32Array(),
    };
    const { headers, body } = requestIn('binary', { input });
    const sent = { ...headers, [brinkHeaders.epoch]: String(epoch) };
    const answer = await client.send({ method: 'POST', path: `/v2/models/${model.name}/infer`, headers: sent, body });
    if (answer.status !== 200) failed += 1;
    return answer.headers[brinkHeaders.digest]?.toString();
  };
  try {
    await origin.whenReady(prepared, signal);
    for (let request = 0; request < warmUpRequests; request += 1) await ask(1);
    const processes = (await origin.tree()).length;
    const before = await settled(origin, processes, signal);
    for (let swap = 1; swap <= samples.swaps; swap += 1) {
      signal.throwIfAborted();
      const version = await variantOf(prepared, swap);
      const epoch = await origin.release(version, `v${swap + 1}`);
      for (let request = 0; request < requestsAfterSwap; request += 1) {
        const digest = await ask(epoch);
        if (digest !== version.digest) throw new Error(`swap ${swap}: expected the new version to answer`);
      }
      progress.step();
    }
    const after = await settled(origin, processes, signal);
    const growthMb = after.serverMb + after.runnersMb - before.serverMb - before.runnersMb;
    const row = (step: string, weight: OriginWeight): BenchRow => {
      const [serverMb, runnersMb] = [rounded(weight.serverMb), rounded(weight.runnersMb)];
      return { model: model.name, step, server: 'origin-binary', processes: weight.processes, serverMb, runnersMb };
    };
    return {
      rows: [row('before swaps', before), { ...row(`after ${samples.swaps} swaps`, after), failed }],
      growthMb,
    };
  } finally {
    client.close();
    await origin.stop();
  }
}

/** The same graphs and answers under another digest. */
async function variantOf({ manifest: base, blobs }: PreparedVersion, swap: number): Promise<PreparedVersion> {
  const manifest = { ...base, deadlineMs: base.deadlineMs + swap };
  return { manifest, digest: await manifestDigest(manifest), blobs };
}

/** Waits until there are so many processes again, or no longer; then the least of some readings. */
async function settled(origin: OriginUnderTest, processes: number, signal: AbortSignal): Promise<OriginWeight> {
  const givenUpAt = performance.now() + settleMsMax;
  while ((await origin.tree()).length > processes && performance.now() < givenUpAt) {
    await setTimeout(lookEveryMs, undefined, { signal });
  }
  const weights: OriginWeight[] = [];
  for (let reading = 0; reading < readings; reading += 1) {
    weights.push(await weigh(origin));
    await setTimeout(lookEveryMs, undefined, { signal });
  }
  return leastOf(weights);
}
