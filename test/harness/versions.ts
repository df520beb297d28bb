import type { Target } from '../../shared/engine/engine.js';
import { manifestDigest, sha256Hex } from '../../shared/manifest/digest.js';
import type { BlobRef, Manifest } from '../../shared/manifest/manifest.js';
import type { TestModel } from './onnx.js';

export interface TestVersion {
  readonly target: Target;
  /** Every blob that the manifest names, by digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** A version of one or more graphs, made in memory: its manifest, its digest and its blobs. */
export async function makeVersion(
  graphs: Readonly<Record<string, TestModel>>,
  members: Partial<Manifest> = {},
  version = 'v1',
): Promise<TestVersion> {
  const blobs = new Map<string, Uint8Array>();
  const ref = async (bytes: Uint8Array): Promise<BlobRef> => {
    const sha256 = await sha256Hex(bytes);
    blobs.set(sha256, bytes);
    return { sha256, bytes: bytes.byteLength };
  };
  const entries: Manifest['graphs'] = {};
  for (const [name, model] of Object.entries(graphs)) {
    const externalData: Record<string, BlobRef> = {};
    for (const [path, bytes] of Object.entries(model.externalData)) externalData[path] = await ref(bytes);
    entries[name] = { model: await ref(model.bytes), externalData, signature: model.signature };
  }
  const manifest: Manifest = {
    schema: 1,
    model: 'test',
    graphs: entries,
    inferGraph: Object.keys(graphs)[0] ?? null,
    handler: null,
    files: {},
    settings: {},
    placement: { tiers: ['edge', 'origin'] },
    batching: null,
    deadlineMs: 10_000,
    ...members,
  };
  return { target: { version, digest: await manifestDigest(manifest), manifest }, blobs };
}
