import { credentials, Metadata, Client, type ServiceError, status as grpcStatus } from '@grpc/grpc-js';
import type { HttpClient } from '../client/http-client.js';
import { RemoteError, UnreachableError } from '../client/remote-error.js';
import type { GrpcTarget, LoadBody, LoadTarget } from './load-plan.js';

/** One request before the load, so that a mistake is told in the server's own words and not counted a thousand times. */
export async function tryOnce(target: LoadTarget, body: LoadBody, http: HttpClient, timeoutMs: number): Promise<void> {
  if (target.kind === 'grpc') {
    await callOnce(target, body, timeoutMs);
    return;
  }
  await http.call({
    method: target.method,
    path: target.path,
    body: body.bytes,
    headers: { ...target.headers, ...body.headers },
    atLeastMs: timeoutMs,
  });
}

/** HTTP's statuses for the CLI's exit codes; others count as the server's failure. */
const httpStatus = new Map<number, number>([
  [grpcStatus.INVALID_ARGUMENT, 400],
  [grpcStatus.UNAUTHENTICATED, 401],
  [grpcStatus.PERMISSION_DENIED, 403],
  [grpcStatus.NOT_FOUND, 404],
  [grpcStatus.RESOURCE_EXHAUSTED, 429],
]);

function callOnce({ address, tls, method, metadata }: GrpcTarget, body: LoadBody, timeoutMs: number): Promise<void> {
  const client = new Client(address, tls === true ? credentials.createSsl() : credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const headers = new Metadata();
  for (const [name, value] of Object.entries(metadata)) headers.set(name, value);
  return new Promise<void>((resolve, reject) => {
    const options = { deadline: Date.now() + timeoutMs };
    client.makeUnaryRequest(method, asIs, asIs, Buffer.from(body.bytes), headers, options, (error) => {
      client.close();
      if (error === null) resolve();
      else reject(failureOf(error, address));
    });
  });
}

function failureOf({ code, details }: ServiceError, address: string): Error {
  if (code === grpcStatus.DEADLINE_EXCEEDED) return new UnreachableError(`no answer from ${address} in time`);
  if (code === grpcStatus.UNAVAILABLE) return new UnreachableError(`cannot reach ${address}: ${details}`);
  return new RemoteError(httpStatus.get(code) ?? 500, `grpc-${code}`, details);
}
