import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPorts } from '../../../scripts/start/ports.js';

describe('a port that is taken', () => {
  let server: Server;
  let taken: number;
  beforeEach(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    taken = (server.address() as AddressInfo).port;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const edge = (port: number) => ({ who: 'the edge', port, option: '--edge-port', variable: 'BRINK_EDGE_PORT' });
  const origin = (port: number) => ({
    who: 'the origin',
    port,
    option: '--origin-port',
    variable: 'BRINK_ORIGIN_PORT',
  });

  it('is told with its number, who needs it, and what changes it', async () => {
    await expect(checkPorts([edge(taken), origin(0)])).rejects.toThrow(
      new RegExp(`port ${taken}, which the edge needs, is taken.*\n.*--edge-port <port>.*BRINK_EDGE_PORT`),
    );
  });

  it('is told for each server at once', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const checking = checkPorts([edge(taken), origin(port)]);
    await expect(checking).rejects.toThrow(/--edge-port[\s\S]*--origin-port/);
    await new Promise((resolve) => other.close(resolve));
  });

  it('is also one that edge and origin would both have', async () => {
    await expect(checkPorts([edge(8787), origin(8787)])).rejects.toThrow('cannot both have port 8787');
  });

  it('is no trouble once it is free', async () => {
    const port = taken;
    await new Promise((resolve) => server.close(resolve));
    await expect(checkPorts([edge(port)])).resolves.toBeUndefined();
    server = createServer().listen(0);
  });
});
