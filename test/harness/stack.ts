import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../scripts/client/admin-client.js';
import { type LocalEdge, startEdge } from '../../scripts/local/edge.js';
import { type LocalOrigin, startOrigin } from '../../scripts/local/origin.js';
import { prepareVersion } from '../../scripts/publish/prepare-version.js';
import { publish } from '../../scripts/publish/publish.js';
import { manifestDigest, sha256Hex } from '../../shared/manifest/digest.js';
import { type BlobRef, type Manifest, manifestSchema } from '../../shared/manifest/manifest.js';
import type { TestModel } from './onnx.js';

export const adminToken = 'test-admin-token-0123456789';
export const artifactToken = 'test-artifact-token-0123456789';
export const originKey = 'test-origin-key-0123456789';

export interface StackOptions {
  readonly vars?: Readonly<Record<string, string>>;
  readonly originEnv?: Readonly<Record<string, string>>;
  /** Another bundle of the Worker, with a part of it sabotaged. */
  readonly bundle?: string;
  readonly withoutOrigin?: boolean;
}

/** The real thing on this machine: the Worker in workerd, the origin in its process, both on free ports. */
export class Stack {
  readonly admin: AdminClient;
  /** Every line that the edge logged. */
  readonly edgeLines: string[];
  readonly originLines: string[];
  readonly edge: LocalEdge;
  readonly #folder: string;
  readonly #options: StackOptions;
  #origin: LocalOrigin | undefined;

  private constructor(
    folder: string,
    edge: LocalEdge,
    lines: { edge: string[]; origin: string[] },
    options: StackOptions,
  ) {
    this.#folder = folder;
    this.edge = edge;
    this.edgeLines = lines.edge;
    this.originLines = lines.origin;
    this.#options = options;
    this.admin = new AdminClient({ url: edge.url, token: adminToken, actor: 'tester@test', timeoutMs: 30_000 });
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'brink-stack-'));
    const lines = { edge: [] as string[], origin: [] as string[] };
    const edge = await startEdge({
      stateDir: join(folder, 'edge'),
      ...(options.bundle === undefined ? {} : { bundle: options.bundle }),
      onLog: ({ message }) => {
        lines.edge.push(message);
      },
      vars: {
        ADMIN_TOKENS: `admin=${adminToken}`,
        ARTIFACT_TOKENS: `origin=${artifactToken}`,
        ORIGIN_KEY: originKey,
        ...options.vars,
      },
    });
    const stack = new Stack(folder, edge, lines, options);
    if (options.withoutOrigin !== true) {
      await stack.startOrigin();
      await edge.setVars({ ORIGIN_URL: stack.originUrl });
    }
    return stack;
  }

  /** Where R2, cache and objects of the edge keep their state. */
  get stateDir(): string {
    return join(this.#folder, 'edge');
  }

  /** The edge's URL, or with `tier` that of the origin. */
  url(tier: 'edge' | 'origin'): string {
    return tier === 'edge' ? this.edge.url : this.originUrl;
  }

  get originUrl(): string {
    return this.origin.url;
  }

  /** Starts the origin; after `killOrigin` again, on the same port and with the same cache. */
  async startOrigin(): Promise<void> {
    const port = this.#origin === undefined ? 0 : Number(new URL(this.#origin.url).port);
    this.#origin = await startOrigin({
      port,
      edgeUrl: this.edge.url,
      cacheDir: join(this.#folder, 'origin'),
      env: {
        ARTIFACT_TOKEN: artifactToken,
        INFERENCE_KEYS: `edge=${originKey}`,
        ADMIN_TOKENS: `admin=${adminToken}`,
        ...this.#options.originEnv,
      },
      onLine: (line) => this.originLines.push(line),
    });
  }

  /** The origin's process. */
  get origin(): LocalOrigin {
    if (this.#origin === undefined) throw new Error('this stack has no origin');
    return this.#origin;
  }

  /** Where the origin keeps artifacts, and the directories of its runners. */
  get originDir(): string {
    return join(this.#folder, 'origin');
  }

  async killOrigin(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#origin?.kill(signal);
  }

  /** Publishes one of the project's models and promotes it. */
  async release(path: string): Promise<{ version: string; digest: string }> {
    const prepared = await prepareVersion(path);
    const { model, version, digest } = await publish(this.admin, prepared, { why: 'test' });
    await this.admin.promote(model, version, { why: 'test', bakeMs: 0 });
    return { version, digest };
  }

  /** The project's model with other settings: another digest, the same graphs. Not promoted. */
  async publishVariant(
    path: string,
    as: string,
    settings: Manifest['settings'],
  ): Promise<{ version: string; digest: string }> {
    const { manifest: base, blobs } = await prepareVersion(path);
    const manifest = { ...base, settings: { ...base.settings, ...settings } };
    const prepared = { manifest, digest: await manifestDigest(manifest), blobs };
    const { version, digest } = await publish(this.admin, prepared, { as, why: 'test' });
    return { version, digest };
  }

  /** Publishes a model that the test made, without promoting it. */
  async publishTest(name: string, model: TestModel, version: string, extra: Partial<Manifest> = {}): Promise<string> {
    const upload = async (bytes: Uint8Array): Promise<BlobRef> => {
      const sha256 = await sha256Hex(bytes);
      await this.admin.putBlob(sha256, bytes);
      return { sha256, bytes: bytes.byteLength };
    };
    const externalData: Record<string, BlobRef> = {};
    for (const [file, bytes] of Object.entries(model.externalData)) externalData[file] = await upload(bytes);
    const manifest = manifestSchema.parse({
      schema: 1,
      model: name,
      graphs: { main: { model: await upload(model.bytes), externalData, signature: model.signature } },
      inferGraph: 'main',
      handler: null,
      files: {},
      settings: {},
      placement: { tiers: ['edge', 'origin'] },
      batching: null,
      deadlineMs: 10_000,
      ...extra,
    });
    return (await this.admin.addVersion(name, { version, manifest, why: 'test' })).digest;
  }

  async releaseTest(name: string, model: TestModel, version = 'v1', extra: Partial<Manifest> = {}): Promise<string> {
    const digest = await this.publishTest(name, model, version, extra);
    await this.admin.promote(name, version, { why: 'test', bakeMs: 0 });
    return digest;
  }

  async dispose(): Promise<void> {
    await this.#origin?.stop();
    await this.edge.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly json: () => Record<string, unknown>;
  readonly servedBy: string | null;
  readonly version: string | null;
  readonly digest: string | null;
  readonly code: string | undefined;
}

export interface Ask {
  readonly method?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Forces a tier, as an operator. */
  readonly serveOn?: 'edge' | 'origin';
}

/** One request, its answer read whole. With a body it is a POST. */
export async function ask(url: string, { method, body, headers = {}, serveOn }: Ask = {}): Promise<Reply> {
  const forced = serveOn === undefined ? {} : { 'x-brink-serve-on': serveOn, authorization: `Bearer ${adminToken}` };
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...forced, ...headers },
    ...(body === undefined ? {} : { body: body as BodyInit }),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const json = (): Record<string, unknown> => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json,
    servedBy: response.headers.get('x-brink-served-by'),
    version: response.headers.get('x-brink-version'),
    digest: response.headers.get('x-brink-digest'),
    code: response.status >= 400 ? (json()['code'] as string) : undefined,
  };
}
