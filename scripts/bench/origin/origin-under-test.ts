import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { headers as brinkHeaders } from '../../../shared/protocol/headers.js';
import { type LocalOrigin, startOrigin } from '../../local/origin.js';
import type { PreparedVersion } from '../../publish/prepare-version.js';
import { type ProcessFigures, processTree } from './processes/process-tree.js';
import type { ServingSetup } from './serving-setup.js';
import { originSettings } from './origin-settings.js';
import { StubEdge } from './stub-edge.js';

const artifactToken = 'bench-artifact-token-0123456789';
const servingMsMax = 120_000;
const askAgainMs = 50;
/** Of its log: it says where it listens among the first. */
const linesMax = 1_000;

/** The real origin in its process, as it is shipped, with an edge that only hands out what is released. */
export class OriginUnderTest {
  readonly url: string;
  /** `host:port`, once the origin has gRPC. */
  readonly grpcAddress: string | undefined;
  readonly metricsUrl: string | undefined;
  readonly pid: number;
  readonly #edge: StubEdge;
  readonly #origin: LocalOrigin;

  private constructor(edge: StubEdge, origin: LocalOrigin, { grpc, metrics }: Listening) {
    this.#edge = edge;
    this.#origin = origin;
    this.url = origin.url;
    this.pid = origin.pid;
    this.grpcAddress = typeof grpc === 'string' ? grpc.replace(/^\w+:\/\//, '') : undefined;
    this.metricsUrl = typeof metrics === 'string' ? new URL('/metrics', metrics).href : undefined;
  }

  /** Resolves when it listens. `versions` are released before it starts: it need not look a second time. */
  static async start({ folder, setup, versions, env = {} }: OriginStart): Promise<OriginUnderTest> {
    const edge = await StubEdge.start(artifactToken);
    for (const version of versions) await edge.release(version, 'v1');
    const lines: string[] = [];
    try {
      const origin = await startOrigin({
        edgeUrl: edge.url,
        cacheDir: join(folder, `origin-${randomUUID()}`),
        env: {
          ARTIFACT_TOKEN: artifactToken,
          ORIGIN_GRPC_PORT: '0',
          ORIGIN_METRICS_PORT: '0',
          ...(await originSettings(folder, setup)),
          ...env,
        },
        onLine: (line) => {
          if (lines.length < linesMax) lines.push(line);
        },
      });
      return new OriginUnderTest(edge, origin, listeningRow(lines));
    } catch (error) {
      await edge.close();
      throw error;
    }
  }

  /** Makes another version the served one; answers the release's epoch, by which a request can tell the origin of it. */
  release(prepared: PreparedVersion, version: string): Promise<number> {
    return this.#edge.release(prepared, version);
  }

  /** Resolves when the origin answers that the model is ready with exactly this version. */
  async whenReady({ digest, manifest: { model } }: PreparedVersion, signal: AbortSignal): Promise<void> {
    const givenUpAt = performance.now() + servingMsMax;
    for (;;) {
      const response = await fetch(`${this.url}/v2/models/${model}/ready`, { signal });
      await response.arrayBuffer();
      if (response.status === 200 && response.headers.get(brinkHeaders.digest) === digest) return;
      if (performance.now() > givenUpAt) throw new Error(`${model} was not ready within ${servingMsMax} ms`);
      await setTimeout(askAgainMs, undefined, { signal });
    }
  }

  /** The origin's process and its children. */
  tree(): Promise<readonly ProcessFigures[]> {
    return processTree(this.pid);
  }

  async stop(): Promise<void> {
    await this.#origin.stop();
    await this.#edge.close();
  }
}

export interface OriginStart {
  readonly folder: string;
  readonly setup: ServingSetup;
  readonly versions: readonly PreparedVersion[];
  /** Over what is said here. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Listening {
  readonly grpc?: unknown;
  readonly metrics?: unknown;
}

function listeningRow(lines: readonly string[]): Listening {
  const line = lines.find((text) => text.startsWith('{') && text.includes('"listening"'));
  return line === undefined ? {} : (JSON.parse(line) as Listening);
}
