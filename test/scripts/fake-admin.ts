import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import { goldensCount, looserTolerances } from '../../shared/golden/looser-tolerances.js';
import { manifestDigest } from '../../shared/manifest/digest.js';
import { blobsOf, type Manifest, manifestSchema } from '../../shared/manifest/manifest.js';
import type { AuditRow, Release } from '../../shared/release/release.js';

export const fakeToken = 'fake-admin-token-0123456789abcdef';

interface Model {
  release: Release;
  readonly manifests: Map<string, Manifest>;
  readonly audit: AuditRow[];
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/**
 * The admin API in memory on a real HTTP server, strict: digests are computed, blobs must be there, tokens are checked.
 * For tests of the CLI and of publishing; the end-to-end tests use the real one.
 */
export class FakeAdmin {
  readonly blobs = new Map<string, Uint8Array>();
  readonly models = new Map<string, Model>();
  /** `METHOD path` of every request, in order. */
  readonly requests: string[] = [];
  readonly actors: (string | undefined)[] = [];
  /** What the next requests are answered instead, by `METHOD path`. */
  readonly instead = new Map<string, () => Answer | Promise<Answer>>();
  readonly #server: Server;
  #atOnce = 0;
  uploadsAtOnceMost = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status, body, headers = {} }) => {
          response.writeHead(status, { 'content-type': 'application/json', ...headers });
          response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
        },
        (error: unknown) => {
          const { status, code, message } = toBrinkError(error);
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end(request.method === 'HEAD' ? undefined : JSON.stringify({ error: message, code }));
        },
      );
    });
  }

  static async start(): Promise<FakeAdmin> {
    const fake = new FakeAdmin();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { method = '', url = '' } = request;
    const body = new Uint8Array(await buffer(request));
    this.requests.push(`${method} ${url}`);
    const instead = this.instead.get(`${method} ${url}`);
    if (instead !== undefined) return instead();
    if (request.headers.authorization !== `Bearer ${fakeToken}`) {
      throw new BrinkError('unauthenticated', 'expected an admin token as bearer');
    }
    const actor = request.headers['x-brink-actor'];
    this.actors.push(typeof actor === 'string' ? actor : undefined);
    const path = url.split('?')[0] ?? '';
    const [, sha256] = /^\/admin\/v1\/blobs\/([0-9a-f]{64})$/.exec(path) ?? [];
    if (sha256 !== undefined) return method === 'HEAD' ? this.#head(sha256) : this.#put(sha256, body, request);
    const [, measured] = /^\/admin\/v1\/measurements\/([0-9a-f]{64})$/.exec(path) ?? [];
    if (method === 'PUT' && measured !== undefined) return { status: 200, body: { digest: measured } };
    if (path === '/admin/v1/models')
      return { status: 200, body: { models: [...this.models.values()].map((m) => m.release) } };
    const [, name, what] = /^\/admin\/v1\/models\/([^/]+)\/([a-z]+)$/.exec(path) ?? [];
    if (name === undefined) throw new BrinkError('unknown-route', 'expected a route of this server');
    if (what === 'versions' && method === 'POST') return this.#add(name, parse(body));
    const model = this.models.get(name);
    if (model === undefined) throw new BrinkError('unknown-model', `expected a published model, got "${name}"`);
    if (what === 'versions') return { status: 200, body: { release: model.release, versions: rowsOf(model) } };
    if (what === 'promote') return { status: 200, body: { release: this.#promote(model, parse(body)) } };
    if (what === 'rollback') return { status: 200, body: this.#rollback(model, parse(body)) };
    if (what === 'audit') return { status: 200, body: { rows: model.audit.toReversed() } };
    throw new BrinkError('unknown-route', 'expected a route of this server');
  }

  #head(sha256: string): Answer {
    return { status: this.blobs.has(sha256) ? 200 : 404 };
  }

  async #put(sha256: string, body: Uint8Array, request: IncomingMessage): Promise<Answer> {
    if (request.headers['content-length'] !== String(body.byteLength)) {
      throw new BrinkError('bad-header', 'expected a content-length');
    }
    this.uploadsAtOnceMost = Math.max(this.uploadsAtOnceMost, ++this.#atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    this.#atOnce -= 1;
    if (createHash('sha256').update(body).digest('hex') !== sha256) {
      throw new BrinkError('digest-mismatch', 'expected bytes of the digest in the path');
    }
    const status = this.blobs.has(sha256) ? 200 : 201;
    this.blobs.set(sha256, body);
    return { status, body: { sha256, bytes: body.byteLength } };
  }

  async #add(name: string, body: Record<string, unknown>): Promise<Answer> {
    const parsed = manifestSchema.safeParse(body['manifest']);
    if (!parsed.success || parsed.data.model !== name) throw new BrinkError('invalid-manifest', 'expected a manifest');
    if (typeof body['why'] !== 'string') throw new BrinkError('invalid-request', 'expected a reason');
    const missing = blobsOf(parsed.data).filter(({ sha256, bytes }) => this.blobs.get(sha256)?.byteLength !== bytes);
    if (missing.length > 0) throw new BrinkError('incomplete-version', `${missing.length} blobs are missing`);
    const version = textOf(body['version']);
    const digest = await manifestDigest(parsed.data);
    const model = this.models.get(name) ?? { release: emptyRelease(name), manifests: new Map(), audit: [] };
    this.models.set(name, model);
    const present = model.release.versions.find((ref) => ref.version === version);
    if (present !== undefined && present.digest !== digest) {
      throw new BrinkError('version-conflict', `version ${version} is another digest`);
    }
    if (present === undefined) {
      model.manifests.set(digest, parsed.data);
      change(
        model,
        { versions: [...model.release.versions, { version, digest }] },
        'publish',
        textOf(body['why']),
        version,
      );
    }
    const answer = { model: name, version, digest, added: present === undefined, release: model.release };
    return { status: present === undefined ? 201 : 200, body: answer };
  }

  #promote(model: Model, body: Record<string, unknown>): Release {
    const ref = model.release.versions.find(({ version }) => version === body['version']);
    if (ref === undefined) throw new BrinkError('unknown-version', `expected a published version`);
    if (model.release.fenced.includes(ref.digest) && body['liftFence'] !== true) {
      throw new BrinkError('version-fenced', `version ${ref.version} was withdrawn`);
    }
    if (body['expectEpoch'] !== undefined && body['expectEpoch'] !== model.release.epoch) {
      throw new BrinkError('epoch-conflict', `expected another epoch, it is ${model.release.epoch}`);
    }
    change(
      model,
      {
        stable: ref,
        fenced: model.release.fenced.filter((digest) => digest !== ref.digest),
        ...(body['bakeMs'] === 0 || model.release.lastGood === null ? { lastGood: ref } : {}),
      },
      'promote',
      textOf(body['why']),
      ref.version,
    );
    return model.release;
  }

  #rollback(model: Model, body: Record<string, unknown>): unknown {
    const { stable, versions } = model.release;
    const to = versions.find(({ version }) => version === (body['to'] ?? versions[0]?.version));
    if (stable === null || to === undefined || to.digest === stable.digest) {
      throw new BrinkError('nothing-to-roll-back-to', 'there is no version to go back to');
    }
    const reach = model.release.lastGood?.digest === stable.digest ? 'connected' : 'all';
    change(model, { stable: to, fenced: [stable.digest] }, 'rollback', textOf(body['why']), to.version);
    return { release: model.release, withdrawn: stable, fencedAt: 1_700_000_000_000, waitedMs: 2_251, reach };
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const parse = (body: Uint8Array): Record<string, unknown> =>
  JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;

const emptyRelease = (model: string): Release => ({
  schema: 1,
  model,
  epoch: 0,
  stable: null,
  lastGood: null,
  fenced: [],
  versions: [],
});

function change(model: Model, to: Partial<Release>, action: AuditRow['action'], why: string, version: string): void {
  const from = model.release.stable?.version ?? null;
  model.release = { ...model.release, ...to, epoch: model.release.epoch + 1 };
  const id = model.audit.length + 1;
  model.audit.push({
    id,
    at: 1_700_000_000_000 + id,
    epoch: model.release.epoch,
    action,
    who: 'fake',
    why,
    from,
    to: version,
  });
}

function rowsOf({ release, manifests }: Model): unknown[] {
  return release.versions.map((ref) => {
    const manifest = manifests.get(ref.digest)!;
    return {
      ...ref,
      stable: release.stable?.digest === ref.digest,
      lastGood: release.lastGood?.digest === ref.digest,
      fenced: release.fenced.includes(ref.digest),
      tiers: manifest.placement.tiers,
      handler: manifest.handler,
      goldens: goldensCount(manifest),
      looser: looserTolerances(manifest),
      bytes: blobsOf(manifest).reduce((sum, blob) => sum + blob.bytes, 0),
    };
  });
}
