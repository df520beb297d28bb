import { credentials } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.js';
import { type GrpcReply, GrpcTestClient } from './grpc-client.js';
import { type GrpcFixture, startGrpc } from './grpc-fixture.js';

const made = makeCertificates();
const open: GrpcFixture[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((fixture) => fixture.close()));
});

async function askWith(
  port: number,
  channel: Parameters<typeof credentials.createSsl> | 'in clear',
): Promise<GrpcReply> {
  const given = channel === 'in clear' ? credentials.createInsecure() : credentials.createSsl(...channel);
  const client = new GrpcTestClient(port, given);
  try {
    return await client.call('ServerLive', {}, { deadline: Date.now() + 20_000 });
  } finally {
    client.close();
  }
}

describe.skipIf(made === undefined)('gRPC over TLS (needs the openssl program to make certificates)', () => {
  const { ca, server, client, stranger } = made ?? ({} as Certificates); // the callback runs to be skipped, too
  const start = async (options: Parameters<typeof startGrpc>[0]): Promise<GrpcFixture> => {
    const fixture = await startGrpc(options);
    open.push(fixture);
    return fixture;
  };

  it('answers who trusts its certificate, and nobody in clear', async () => {
    const { port } = await start({ tls: server });
    expect(await askWith(port, [ca])).toMatchObject({ status: 'OK', message: { live: true } });
    expect(await askWith(port, [stranger.certPem])).toMatchObject({ status: 'UNAVAILABLE' });
    expect(await askWith(port, 'in clear')).toMatchObject({ status: 'UNAVAILABLE' });
  });

  it('asks for a certificate of its authority where one is set', async () => {
    const { port } = await start({ tls: { ...server, clientCaPem: ca } });
    expect(await askWith(port, [ca, client.keyPem, client.certPem])).toMatchObject({ status: 'OK' });
    expect(await askWith(port, [ca])).toMatchObject({ status: 'UNAVAILABLE' });
    expect(await askWith(port, [ca, stranger.keyPem, stranger.certPem])).toMatchObject({ status: 'UNAVAILABLE' });
  });
});
