import { describe, expect, it } from 'vitest';
import { readConfig } from '../../origin/config.js';

const least = { EDGE_URL: 'http://127.0.0.1:8787', ARTIFACT_TOKEN: 'x' };
const key = 'edge=0123456789abcdef0123';

describe("the origin's configuration", () => {
  it('needs to know the edge and nothing else, and listens on loopback', () => {
    const config = readConfig(least);
    expect([config.host, config.port, config.edgeUrl.href, config.providers]).toEqual([
      '127.0.0.1',
      8000,
      'http://127.0.0.1:8787/',
      ['cpu'],
    ]);
  });

  it('refuses to listen beyond loopback without a key', () => {
    expect(() => readConfig({ ...least, ORIGIN_HOST: '0.0.0.0' })).toThrow(
      /^INFERENCE_KEYS: expected at least one key/,
    );
    expect(readConfig({ ...least, ORIGIN_HOST: '0.0.0.0', INFERENCE_KEYS: key }).host).toBe('0.0.0.0');
    expect(readConfig({ ...least, ORIGIN_HOST: '::1' }).host).toBe('::1');
  });

  it.each([
    [{ EDGE_URL: '' }, 'EDGE_URL'],
    [{ EDGE_URL: 'ftp://x' }, 'EDGE_URL'],
    [{ ARTIFACT_TOKEN: undefined }, 'ARTIFACT_TOKEN'],
    [{ ORIGIN_PORT: '80a' }, 'ORIGIN_PORT'],
    [{ ORIGIN_PORT: '65536' }, 'ORIGIN_PORT'],
    [{ BODY_BYTES_MAX: '0' }, 'BODY_BYTES_MAX'],
    [{ INFERENCE_KEYS: 'nameless' }, 'INFERENCE_KEYS'],
  ])('fails by name for %j', (change, name) => {
    expect(() => readConfig({ ...least, ...change })).toThrow(new RegExp(`^${name}: expected`));
  });
});
