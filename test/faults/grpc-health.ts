import type { GrpcTestClient } from '../origin/grpc/grpc-client.js';

/** `HealthCheckResponse` has one field, the status: 1 is SERVING. */
const serving = Buffer.from([0x08, 0x01]);

/** grpc.health.v1.Health/Check of the whole server. Rejects when there is no answer. */
export function healthOf({ client }: GrpcTestClient): Promise<'SERVING' | 'NOT_SERVING'> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.alloc(0),
      (error, answer) => {
        if (error !== null) reject(error);
        else resolve(answer?.equals(serving) === true ? 'SERVING' : 'NOT_SERVING');
      },
    );
  });
}
