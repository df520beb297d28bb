import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import type { GrpcTestClient, Message } from './grpc-client.js';

type Version = 'v1' | 'v1alpha';

/** One question to the reflection service, with the definition that its package brings. */
function ask({ client }: GrpcTestClient, version: Version, request: Message): Promise<Message> {
  const entry = createRequire(import.meta.url).resolve('@grpc/reflection');
  const file = join(dirname(entry), '..', 'proto', 'grpc', 'reflection', version, 'reflection.proto');
  const service = loadSync(file, { keepCase: true, oneofs: true })[`grpc.reflection.${version}.ServerReflection`];
  const { path, requestSerialize, responseDeserialize } = (service as ServiceDefinition)['ServerReflectionInfo']!;
  return new Promise((resolve, reject) => {
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    call.on('data', (answer: Message) => {
      resolve(answer);
      call.end();
    });
    call.on('error', reject);
    call.write(request);
  });
}

export async function listServices(client: GrpcTestClient, version: Version): Promise<string[]> {
  const answer = await ask(client, version, { list_services: '*' });
  return (answer['list_services_response'] as { service: { name: string }[] }).service.map(({ name }) => name);
}

/** The files that describe a symbol, encoded. */
export async function descriptorsOf(client: GrpcTestClient, version: Version, symbol: string): Promise<Buffer[]> {
  const answer = await ask(client, version, { file_containing_symbol: symbol });
  return (answer['file_descriptor_response'] as { file_descriptor_proto: Buffer[] }).file_descriptor_proto;
}
