import { manifestDigest } from '../../shared/manifest/digest.js';
import { blobsOf, type Manifest } from '../../shared/manifest/manifest.js';
import type { Signature } from '../../shared/protocol/tensor.js';
import { passGate } from './pass-gate.js';
import { loadDefinition } from './load-definition.js';
import { makeManifest } from './make-manifest.js';
import type { PublishObserver } from './publish-events.js';
import { PublishError } from './publish-error.js';
import { readFiles } from './read-files.js';
import { readSignature } from './read-signature.js';

/** A version that is ready to be stored: what it is, and the bytes of its blobs by their SHA-256. */
export interface PreparedVersion {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export interface PrepareOptions {
  /** The model's name instead of the definition's. */
  readonly name?: string | undefined;
  readonly onEvent?: PublishObserver | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly inspectTimeoutMs?: number;
  readonly runnerJs?: string;
}

/** A folder (or definition, or `.onnx` file) → a version, without asking any server. */
export async function prepareVersion(path: string, options: PrepareOptions = {}): Promise<PreparedVersion> {
  const loaded = await loadDefinition(path, options.name);
  const { definition } = loaded;
  const read = await readFiles(definition, loaded.folder);
  const bytes = [...read.blobs.values()].reduce((sum, blob) => sum + blob.byteLength, 0);
  options.onEvent?.({ stage: 'read', model: definition.name, files: read.blobs.size, bytes });
  const signatures: Record<string, Signature> = {};
  for (const [name, graph] of Object.entries(read.graphs)) {
    options.onEvent?.({ stage: 'inspect', model: definition.name, graph: name });
    const { signal, runnerJs } = options;
    passGate(name, graph);
    signatures[name] = await readSignature(name, graph, {
      signal,
      ...(options.inspectTimeoutMs === undefined ? {} : { timeoutMs: options.inspectTimeoutMs }),
      ...(runnerJs === undefined ? {} : { runnerJs }),
    });
  }
  const manifest = makeManifest(definition, read.refs, signatures);
  return { manifest, digest: await manifestDigest(manifest), blobs: neededOf(manifest, read.blobs) };
}

function neededOf(manifest: Manifest, blobs: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  return new Map(
    blobsOf(manifest).map(({ sha256 }) => {
      const bytes = blobs.get(sha256);
      if (bytes === undefined) throw new PublishError('missing-file', `the blob ${sha256} was not read`);
      return [sha256, bytes];
    }),
  );
}
