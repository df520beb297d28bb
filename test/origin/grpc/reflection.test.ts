import { expect, it } from 'vitest';
import { descriptorsOf, listServices } from './reflection-client.js';
import { startGrpc } from './grpc-fixture.js';

it('reflection lists the service and describes its methods and messages, in both versions of the protocol', async () => {
  const fixture = await startGrpc();
  try {
    for (const version of ['v1', 'v1alpha'] as const) {
      expect(await listServices(fixture.client, version)).toEqual([
        'inference.GRPCInferenceService',
        'grpc.health.v1.Health',
      ]);
      const files = await descriptorsOf(fixture.client, version, 'inference.GRPCInferenceService');
      const text = Buffer.concat(files).toString('latin1');
      for (const name of ['ModelStreamInfer', 'ModelInferRequest', 'raw_input_contents', 'ModelConfig', 'proto3']) {
        expect(text).toContain(name);
      }
      // As protoc names the messages behind map fields: clients in Go refuse others.
      for (const entry of ['ParametersEntry', 'ResponseStatsEntry']) expect(text).toContain(entry);
      const health = await descriptorsOf(fixture.client, version, 'grpc.health.v1.Health');
      expect(Buffer.concat(health).toString('latin1')).toContain('HealthCheckRequest');
    }
  } finally {
    await fixture.close();
  }
});
