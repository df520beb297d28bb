import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { service as healthService } from 'grpc-health-check';
import { systemSchedule } from '../engine/schedule.js';
import { earlyRefusals } from './early-refusals.js';
import { defaultGrpcLimits, type GrpcLimits } from './grpc-limits.js';
import type { GrpcParts } from './grpc-parts.js';
import { Health, healthServiceName } from './health.js';
import { inferencePackage, inferenceService, serviceName } from './proto/inference-service.js';
import { withMapEntryNames } from './proto/map-entry-names.js';
import { servingMethods } from './serving-methods.js';
import { OpenStreams } from './stream-handler.js';
import { type GrpcTls, serverCredentials } from './tls.js';
import { Connections, limitedServer } from './transport.js';
import { inferHandler, servingHandler, unsupportedHandler } from './unary-handler.js';

export interface GrpcServerOptions extends Omit<GrpcParts, 'limits' | 'schedule'> {
  readonly limits?: Partial<GrpcLimits>;
  readonly schedule?: GrpcParts['schedule'];
  /** Absent: in clear. */
  readonly tls?: GrpcTls;
}

/** Methods of Triton's that have no meaning where tensors travel in messages and logs are set from outside. */
const unsupportedMethods = [
  'SystemSharedMemoryStatus', 'SystemSharedMemoryRegister', 'SystemSharedMemoryUnregister', 'CudaSharedMemoryStatus',
  'CudaSharedMemoryRegister', 'CudaSharedMemoryUnregister', 'TraceSetting', 'LogSettings',
]; // prettier-ignore

/** Open Inference Protocol V2 over gRPC, with health and reflection. */
export class GrpcServer {
  readonly #server: Server;
  readonly #parts: GrpcParts;
  readonly #tls: GrpcTls | undefined;
  readonly #health: Health;
  readonly #streams: OpenStreams;
  #connections: Connections | undefined;
  #closing = false;

  constructor({ tls, limits, schedule = systemSchedule, ...options }: GrpcServerOptions) {
    const { tier } = options;
    const parts = { ...options, schedule, limits: { ...defaultGrpcLimits, ...limits } };
    this.#parts = parts;
    this.#tls = tls;
    this.#server = limitedServer(parts.limits, {
      messageBytesMax: parts.limitsOf().bodyBytesMax + parts.limits.messageSlackBytes,
      interceptors: [earlyRefusals(parts)],
    });
    this.#streams = new OpenStreams(parts);
    this.#server.addService(...serviceOf(parts, this.#streams));
    this.#health = new Health({ ready: () => tier.ready(), schedule, everyMs: parts.limits.healthEveryMs });
    this.#health.addTo(this.#server);
    reflection().addToServer(this.#server);
  }

  /** Listens and answers the port. Rejects with a clear text when the port is taken. */
  async listen(host: string, port: number): Promise<number> {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, serverCredentials(this.#tls), (error, boundPort) => {
        if (error === null) resolve(boundPort);
        else if (!error.message.includes('EADDRINUSE')) reject(error);
        else reject(new Error(`port ${port} of ${host} is taken: set ORIGIN_GRPC_PORT to another`, { cause: error }));
      });
    });
    this.#connections = new Connections(this.#server, this.#parts.limits, this.#parts.clock);
    return bound;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections?.size ?? 0;
  }

  /** Health is NOT_SERVING at once, calls in flight may finish, and after `deadlineMs` what is left is cut off. */
  async close(deadlineMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    this.#health.drain();
    this.#streams.drain();
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.schedule(() => {
        this.#connections?.destroy();
        this.#server.forceShutdown();
        resolve();
      }, deadlineMs);
      this.#server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** Bytes in, bytes out: a message that does not parse is the caller's fault, and grpc-js would call it INTERNAL. */
function serviceOf(parts: GrpcParts, streams: OpenStreams): [ServiceDefinition, UntypedServiceImplementation] {
  const handlers: UntypedServiceImplementation = {
    ModelInfer: inferHandler(parts),
    ModelStreamInfer: streams.handler,
  };
  for (const method of Object.keys(servingMethods) as (keyof typeof servingMethods)[]) {
    handlers[method] = servingHandler(parts, method);
  }
  for (const method of unsupportedMethods) handlers[method] = unsupportedHandler(parts, method);
  const methods = Object.keys(handlers).map((method) => {
    const isStream = inferenceService[method]?.requestStream ?? false;
    return [method, bytesMethod(method, isStream)] as const;
  });
  return [Object.fromEntries(methods), handlers];
}

/** Lists what there is to call; what describes a message brings the whole file that it stands in. */
function reflection(): ReflectionService {
  const { Check: check } = healthService;
  const described = check === undefined ? inferencePackage : { ...inferencePackage, health: check.requestType };
  return new ReflectionService(withMapEntryNames(described as PackageDefinition), {
    services: [serviceName, healthServiceName],
  });
}

const same = (bytes: Buffer): Buffer => bytes;

function bytesMethod(method: string, isStream: boolean): ServiceDefinition[string] {
  return {
    path: `/${serviceName}/${method}`,
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}
