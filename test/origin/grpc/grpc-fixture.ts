import { GrpcServer, type GrpcServerOptions } from '../../../origin/grpc/grpc-server.js';
import { Keys } from '../../../shared/auth/keys.js';
import type { KeyRings } from '../../../shared/auth/key-rings.js';
import type { Target } from '../../../shared/engine/engine.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { DataTier } from '../../../shared/http/data-tier.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { InferRequest } from '../../../shared/protocol/infer.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import type { Call } from '../../../shared/serve/call.js';
import { runCall } from '../../../shared/serve/run-call.js';
import { systemClock } from '../../../shared/time/clock.js';
import { echoModel, type TestModel } from '../../harness/onnx.js';
import { seededRandom } from '../../harness/random.js';
import { makeVersion } from '../../harness/versions.js';
import { GrpcTestClient } from './grpc-client.js';

export const noKeys: KeyRings = {
  inference: Keys.parse('test', undefined),
  read: Keys.parse('test', undefined),
  admin: Keys.parse('test', undefined),
  artifacts: Keys.parse('test', undefined),
};

export type Infer = (request: InferRequest, call: Call) => Promise<readonly Tensor[]>;

/** Hands every input back as the output of the same datatype. */
export const echo: Infer = ({ inputs }) =>
  Promise.resolve(inputs.map((input) => ({ ...input, name: input.name.replace(/^in_/, 'out_') })));

/** A tier with one model, which runs `infer` in place of an engine: for faults and for what comes before an engine. */
export async function tierOf(
  infer: Infer = echo,
  model: TestModel = echoModel(),
): Promise<DataTier & { calls: Call[] }> {
  const { target } = await makeVersion({ main: model });
  const ref = { version: target.version, digest: target.digest };
  const calls: Call[] = [];
  const find = (name: string, version: string | undefined): Target => {
    if (name !== 'test') throw new BrinkError('unknown-model', `no model '${name}' is published here`);
    if (version === undefined || version === ref.version) return target;
    throw new BrinkError('unknown-version', `model 'test' has no version '${version}'`);
  };
  return {
    name: 'origin',
    calls,
    async answer(call, report) {
      calls.push(call);
      const found = find(call.model, call.version);
      Object.assign(report, { ref, epoch: 7, servedBy: 'origin' });
      const engine = {
        infer: (_: Target, request: InferRequest) => infer(request, call),
        predict: () => Promise.reject(new Error('unused')),
        prefetch: () => Promise.resolve(),
        residency: () => 'ready' as const,
      };
      const body = await runCall(call, found, { engine, limits: defaultLimits, handlers: new Map() });
      return { body, ref, epoch: 7, servedBy: 'origin', attempts: [{ tier: 'origin', ms: 1 }] };
    },
    describe: async (name, version) =>
      Promise.resolve({
        target: find(name, version),
        release: { schema: 1, model: 'test', epoch: 7, stable: ref, lastGood: ref, fenced: [], versions: [ref] },
      }),
    modelReady: () => Promise.resolve(true),
    ready: () => Promise.resolve(true),
  };
}

export interface GrpcFixture {
  readonly server: GrpcServer;
  readonly port: number;
  readonly client: GrpcTestClient;
  readonly rows: Record<string, unknown>[];
  close(): Promise<void>;
}

/** A server on a free port, and a client of it. */
export async function startGrpc(options: Partial<GrpcServerOptions> = {}): Promise<GrpcFixture> {
  const rows: Record<string, unknown>[] = [];
  const server = new GrpcServer({
    tier: options.tier ?? (await tierOf()),
    rings: () => noKeys,
    limitsOf: () => defaultLimits,
    clock: systemClock,
    random: seededRandom(1),
    log: (row) => rows.push(row),
    ...options,
  });
  const port = await server.listen('127.0.0.1', 0);
  const client = new GrpcTestClient(port);
  return {
    server,
    port,
    client,
    rows,
    close: async () => {
      client.close();
      await server.close(0);
    },
  };
}
