import { describe, expect, it } from 'vitest';
import { VersionLoader } from '../../../edge/host/loaded-version.js';
import type { ArtifactStore } from '../../../edge/host/artifact-store.js';
import type { OrtRuntime, OrtSession } from '../../../edge/host/ort-runtime.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Golden } from '../../../shared/golden/golden.js';
import { goldenBytesMax } from '../../../shared/golden/golden-head.js';
import { manifestDigest, sha256Hex } from '../../../shared/manifest/digest.js';
import type { BlobRef } from '../../../shared/manifest/manifest.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { doubleModel } from '../../harness/onnx.js';
import { makeVersion } from '../../harness/versions.js';
import { withGoldens } from '../../harness/with-golden.js';

const row = (name: string, value: number): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [1, 1],
  data: Float32Array.of(value),
});
const golden: Golden = { inputs: [row('x', 3)], outputs: [row('y', 6)] };

class OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: number[];

  constructor(type: string, data: unknown, dims: number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

/** A runtime that tells what it is asked, in order; its sessions answer `factor` times their input. */
function loaderOf(factor: number, fault?: Error) {
  const calls: string[] = [];
  const blobs = new Map<string, Uint8Array>();
  let made = 0;
  const runtime = {
    start: () => Promise.resolve({ Tensor: OrtTensor }),
    createSession: () => {
      calls.push(`create ${++made}`);
      return Promise.resolve({ id: made, outputNames: ['y'] });
    },
    run: (session: { id: number }, { x }: Record<string, OrtTensor>) => {
      const [value = 0] = x?.data as Float32Array;
      calls.push(`run ${session.id} on ${value}`);
      if (fault !== undefined) return Promise.reject(fault);
      return Promise.resolve({ y: new OrtTensor('float32', Float32Array.of(factor * value), [1, 1]) });
    },
    release: (session: OrtSession & { id: number }) => {
      calls.push(`release ${session.id}`);
      return Promise.resolve();
    },
  } as unknown as OrtRuntime;
  const artifacts = {
    get: ({ sha256 }: BlobRef) => Promise.resolve(blobs.get(sha256) ?? new Uint8Array()),
  } as unknown as ArtifactStore;
  const put = async (bytes: Uint8Array): Promise<BlobRef> => {
    const sha256 = await sha256Hex(bytes);
    blobs.set(sha256, bytes);
    return { sha256, bytes: bytes.length };
  };
  return { loader: new VersionLoader(runtime, artifacts, { now: () => 0 }), calls, put };
}

async function load({ loader, put }: ReturnType<typeof loaderOf>, goldens: readonly Golden[], bytes?: number) {
  const { target } = await makeVersion({ first: doubleModel(), second: doubleModel() });
  let { graphs } = target.manifest;
  if (goldens.length > 0) graphs = await withGoldens(graphs, 'first', goldens, put);
  if (goldens.length > 0) graphs = await withGoldens(graphs, 'second', goldens, put);
  const ref = graphs['first']?.goldens?.[0];
  if (ref !== undefined && bytes !== undefined) ref.bytes = bytes;
  const manifest = { ...target.manifest, graphs };
  const digest = await manifestDigest(manifest);
  return loader.load({ ...target, manifest, digest });
}

describe('the sessions of a version', () => {
  it('each answer their first golden once, as soon as they are made', async () => {
    const world = loaderOf(2);
    await load(world, [golden, { ...golden, inputs: [row('x', 4)] }]);
    expect(world.calls).toEqual(['create 1', 'run 1 on 3', 'create 2', 'run 2 on 3']);
  });

  it('are made and not run where there are no goldens', async () => {
    const world = loaderOf(2);
    await load(world, []);
    expect(world.calls).toEqual(['create 1', 'create 2']);
  });

  it('are let go of when one fails its golden', async () => {
    const world = loaderOf(2.1);
    await expect(load(world, [golden])).rejects.toMatchObject({ code: 'golden-failed' });
    expect(world.calls).toEqual(['create 1', 'run 1 on 3', 'release 1']);
  });

  it('are not blamed for what is the runtime’s own failure', async () => {
    for (const code of ['heap-exhausted', 'engine-failed', 'deadline-exceeded'] as const) {
      const world = loaderOf(2, new BrinkError(code, 'not now'));
      await expect(load(world, [golden])).rejects.toMatchObject({ code });
      expect(world.calls.at(-1)).toBe('release 1');
    }
  });

  it('are not made for a golden that is larger than goldens are', async () => {
    const world = loaderOf(2);
    await expect(load(world, [golden], goldenBytesMax + 1)).rejects.toMatchObject({ code: 'artifact-corrupt' });
    expect(world.calls).toEqual([]);
  });
});
