import { grpcUrlOf } from '../../scripts/interop/grpc-url.js';
import type { Stack } from '../harness/stack.js';
import { adminToken } from '../harness/stack.js';
import {
  type CallWith,
  type GrpcReply,
  GrpcTestClient,
  type Message,
  type TestStream,
} from '../origin/grpc/grpc-client.js';
import { conformanceStack } from './rest-client.js';

/** The real origin in its own process, asked over gRPC as an operator. */
export class GrpcOrigin {
  readonly stack: Stack;
  readonly client: GrpcTestClient;

  private constructor(stack: Stack) {
    this.stack = stack;
    this.client = new GrpcTestClient(Number(grpcUrlOf(stack.originLines).split(':').at(-1)));
  }

  static async start(): Promise<GrpcOrigin> {
    return new GrpcOrigin(await conformanceStack({ originEnv: { ORIGIN_GRPC_PORT: '0', ORIGIN_METRICS_PORT: 'off' } }));
  }

  call(
    method: Parameters<GrpcTestClient['call']>[0],
    request: Message = {},
    options: CallWith = {},
  ): Promise<GrpcReply> {
    return this.client.call(method, request, asOperator(options));
  }

  stream(options: CallWith = {}): TestStream {
    return this.client.stream(asOperator(options));
  }

  async dispose(): Promise<void> {
    this.client.close();
    await this.stack.dispose();
  }
}

function asOperator(options: CallWith): CallWith {
  return { ...options, metadata: { authorization: `Bearer ${adminToken}`, ...options.metadata } };
}
