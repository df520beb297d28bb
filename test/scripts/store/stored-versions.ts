import { AdminClient } from '../../../scripts/client/admin-client.js';
import { encodeGolden } from '../../../shared/golden/encode-golden.js';
import type { Golden } from '../../../shared/golden/golden.js';
import { sha256Hex } from '../../../shared/manifest/digest.js';
import type { Manifest } from '../../../shared/manifest/manifest.js';
import { startTestEdge, type TestEdge } from '../../harness/edge.js';
import { doubleModel, externalDoubleModel } from '../../harness/onnx.js';
import { makeVersion, type TestVersion } from '../../harness/versions.js';

const token = 'admin-token-0123456789';

export interface Store {
  readonly edge: TestEdge;
  readonly client: AdminClient;
}

/** An edge whose collector's grace is `graceMs`. */
export async function startStore(graceMs = 0): Promise<Store> {
  const edge = await startTestEdge({ vars: { ADMIN_TOKENS: `ops=${token}`, COLLECT_GRACE_MS: String(graceMs) } });
  return { edge, client: new AdminClient({ url: edge.url, token }) };
}

const row = (factor: number): Golden => {
  const x = Float32Array.of(1, 2, 3, 4);
  const tensor = (name: string, data: Float32Array) => ({ name, datatype: 'FP32', shape: [1, 4], data }) as const;
  return {
    inputs: [tensor('x', x)],
    outputs: [
      tensor(
        'y',
        x.map((value) => value * factor),
      ),
    ],
  };
};

export interface MadeOptions {
  readonly model?: string;
  readonly external?: boolean;
  /** What its golden says that it multiplies with; absent: it has none. */
  readonly golden?: number;
  readonly tiers?: Manifest['placement']['tiers'];
}

/** A version that multiplies with `factor`. */
export async function made(
  factor: number,
  { model = 'test', external = false, golden, tiers = ['origin'] }: MadeOptions = {},
): Promise<TestVersion> {
  const graph = external ? externalDoubleModel('weights.bin', factor) : doubleModel(factor);
  const plain = await makeVersion({ main: graph }, { model, placement: { tiers } });
  if (golden === undefined) return plain;
  const bytes = encodeGolden(row(golden));
  const ref = { sha256: await sha256Hex(bytes), bytes: bytes.byteLength };
  const { manifest } = plain.target;
  const graphs = { main: { ...manifest.graphs['main']!, goldens: [ref] } };
  const { target } = await makeVersion({ main: graph }, { model, placement: { tiers }, graphs });
  return { target, blobs: new Map([...plain.blobs, [ref.sha256, bytes]]) };
}

/** Stored and named, as publishing does it. */
export async function store(
  { client }: Pick<Store, 'client'>,
  { target, blobs }: TestVersion,
  version: string,
): Promise<string> {
  for (const [sha256, bytes] of blobs) await client.putBlob(sha256, bytes);
  await client.addVersion(target.manifest.model, { version, manifest: target.manifest, why: 'a test' });
  return target.digest;
}
