import { ServerCredentials } from '@grpc/grpc-js';

/** What a server shows of itself, and by what it knows its clients. All in PEM. */
export interface GrpcTls {
  readonly certPem: Buffer;
  readonly keyPem: Buffer;
  /** Given: a client must show a certificate of this authority (mTLS). */
  readonly clientCaPem?: Buffer;
}

export function serverCredentials(tls: GrpcTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { certPem, keyPem, clientCaPem } = tls;
  const pair = { cert_chain: certPem, private_key: keyPem };
  return ServerCredentials.createSsl(clientCaPem ?? null, [pair], clientCaPem !== undefined);
}
