import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canonicalJson } from '../../../shared/manifest/canonical.js';
import { type LeaseGrant, leaseMsDefault, type Release, type VersionRef } from '../../../shared/release/release.js';
import type { PreparedVersion } from '../../publish/prepare-version.js';

const reportEveryMs = 60_000;

/**
 * What the origin asks of an edge, and nothing else: models, leases, manifests and blobs (docs/release.md). In the
 * benchmark's own process, which waits while it measures, so that no workerd takes a share of the cores.
 */
export class StubEdge {
  readonly #releases = new Map<string, Release>();
  /** Manifests and blobs, by their paths. */
  readonly #artifacts = new Map<string, string | Uint8Array>();
  readonly #server: Server;
  readonly #token: string;

  private constructor(token: string) {
    this.#token = token;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(token: string): Promise<StubEdge> {
    const edge = new StubEdge(token);
    await new Promise<void>((resolve) => edge.#server.listen(0, '127.0.0.1', resolve));
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Stores a version and makes it the served one. Answers its epoch. */
  async release({ manifest, digest, blobs }: PreparedVersion, version: string): Promise<number> {
    this.#artifacts.set(`manifests/${digest}`, canonicalJson(manifest));
    for (const [sha256, content] of blobs) this.#artifacts.set(`blobs/${sha256}`, await content.bytes());
    const { model } = manifest;
    const before = this.#releases.get(model);
    const ref: VersionRef = { version, digest };
    const epoch = (before?.epoch ?? 0) + 1;
    const versions = [...(before?.versions ?? []), ref];
    this.#releases.set(model, { schema: 1, model, epoch, stable: ref, lastGood: ref, fenced: [], versions });
    return epoch;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const [, path] = /^\/artifacts\/v1\/(.*)$/.exec(url) ?? [];
    const [, model] = /^models\/([^/]+)\/lease$/.exec(path ?? '') ?? [];
    const json = (value: unknown): void => void response.writeHead(200).end(JSON.stringify(value));
    const release = this.#releases.get(model ?? '');
    const artifact = this.#artifacts.get(path ?? '');
    if (headers.authorization !== `Bearer ${this.#token}`) response.writeHead(401).end();
    else if (path === 'models') json({ models: [...this.#releases.keys()] });
    else if (release) json({ release, leaseMs: leaseMsDefault, reportEveryMs } satisfies LeaseGrant);
    else if (artifact !== undefined) response.writeHead(200).end(artifact);
    else response.writeHead(404).end();
  }
}
