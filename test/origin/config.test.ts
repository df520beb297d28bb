import { describe, expect, it } from 'vitest';
import { readConfig, runnerMemoryMib } from '../../origin/config.js';

const least = { EDGE_URL: 'http://127.0.0.1:8787', ARTIFACT_TOKEN: 'x' };
const key = 'edge=0123456789abcdef0123';

describe("the origin's configuration", () => {
  it('needs to know the edge and nothing else, and listens on loopback', () => {
    const config = readConfig(least);
    expect([config.host, config.port, config.grpcPort, config.metricsPort, config.edgeUrl.href]).toEqual([
      '127.0.0.1',
      8000,
      8001,
      8002,
      'http://127.0.0.1:8787/',
    ]);
  });

  it('refuses to listen beyond loopback without a key', () => {
    expect(() => readConfig({ ...least, ORIGIN_HOST: '0.0.0.0' })).toThrow(
      /^INFERENCE_KEYS: expected at least one key/,
    );
    expect(readConfig({ ...least, ORIGIN_HOST: '0.0.0.0', INFERENCE_KEYS: key }).host).toBe('0.0.0.0');
    expect(readConfig({ ...least, ORIGIN_HOST: '::1' }).host).toBe('::1');
  });

  it('bounds a runner by three quarters of the memory that there is, or of what the container may take', () => {
    const gibibyte = 2 ** 30;
    expect(runnerMemoryMib(0, 8 * gibibyte)).toBe(6 * 1024);
    expect(runnerMemoryMib(2 ** 63, 8 * gibibyte)).toBe(6 * 1024); // cgroups without a limit
    expect(runnerMemoryMib(4 * gibibyte, 8 * gibibyte)).toBe(3 * 1024);
    expect(readConfig(least).runnerMemoryBytesMax).toBe(runnerMemoryMib() * 2 ** 20);
    expect(readConfig({ ...least, ORIGIN_RUNNER_MEMORY_MIB: '300' }).runnerMemoryBytesMax).toBe(300 * 2 ** 20);
  });

  it.each([
    [{ EDGE_URL: '' }, 'EDGE_URL'],
    [{ EDGE_URL: 'ftp://x' }, 'EDGE_URL'],
    [{ ARTIFACT_TOKEN: undefined }, 'ARTIFACT_TOKEN'],
    [{ ORIGIN_SIGNATURE_POLICY: 'on' }, 'ORIGIN_SIGNATURE_POLICY'],
    [{ ORIGIN_SIGNATURE_POLICY: 'require' }, 'ORIGIN_SIGNATURE_KEYS'],
    [{ ORIGIN_SIGNATURE_KEYS: 'a=b' }, 'ORIGIN_SIGNATURE_KEYS'],
    [{ ORIGIN_PORT: '80a' }, 'ORIGIN_PORT'],
    [{ ORIGIN_PORT: '65536' }, 'ORIGIN_PORT'],
    [{ ORIGIN_RUNNER_MEMORY_MIB: '63' }, 'ORIGIN_RUNNER_MEMORY_MIB'],
    [{ BODY_BYTES_MAX: '0' }, 'BODY_BYTES_MAX'],
    [{ INFERENCE_KEYS: 'nameless' }, 'INFERENCE_KEYS'],
    [{ READ_KEYS: 'nameless' }, 'READ_KEYS'],
    [{ ORIGIN_GRPC_PORT: 'on' }, 'ORIGIN_GRPC_PORT'],
    [{ ORIGIN_CORES: '0' }, 'ORIGIN_CORES'],
    [{ ORIGIN_MEMORY_MIB: '1' }, 'ORIGIN_MEMORY_MIB'],
    [{ ORIGIN_REPOSITORY_CONTROL: 'yes' }, 'ORIGIN_REPOSITORY_CONTROL'],
    [{ ORIGIN_GRPC_TLS_CERT: 'cert.pem' }, 'ORIGIN_GRPC_TLS_CERT'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG'],
  ])('fails by name for %j', (change, name) => {
    expect(() => readConfig({ ...least, ...change })).toThrow(new RegExp(`^${name}: expected`));
  });

  it('turns gRPC and the metrics off by name, and TLS on by two files', () => {
    const off = readConfig({ ...least, ORIGIN_GRPC_PORT: 'off', ORIGIN_METRICS_PORT: 'off' });
    expect([off.grpcPort, off.metricsPort, off.tls, off.tracing]).toEqual([undefined, undefined, undefined, undefined]);
    const on = readConfig({ ...least, ORIGIN_GRPC_TLS_CERT: '/c.pem', ORIGIN_GRPC_TLS_KEY: '/k.pem' });
    expect(on.tls).toEqual({ certPath: '/c.pem', keyPath: '/k.pem', clientCaPath: undefined });
  });

  it('listens beyond loopback with keys in a file', () => {
    expect(readConfig({ ...least, ORIGIN_HOST: '0.0.0.0', ORIGIN_KEYS_FILE: '/keys.toml' }).keysPath).toBe(
      '/keys.toml',
    );
  });
});
