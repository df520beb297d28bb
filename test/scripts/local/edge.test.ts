import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EdgeOptions, type LocalEdge, startEdge } from '../../../scripts/local/edge.js';
import { bundleWorker } from '../../harness/edge.js';

describe('the local edge server', () => {
  let bundle: string;
  const running: LocalEdge[] = [];
  beforeAll(async () => {
    bundle = await bundleWorker('test/harness/vars-worker.ts');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((edge) => edge.dispose()));
  });

  const start = async (options: Partial<EdgeOptions> = {}): Promise<LocalEdge> => {
    const edge = await startEdge({ vars: {}, bundle, onLog: () => undefined, ...options });
    running.push(edge);
    return edge;
  };
  const ask = async (edge: LocalEdge, path = '/'): Promise<unknown> => (await fetch(edge.url + path)).json();

  it('gives the Worker the vars of wrangler.toml, and those of the caller over them', async () => {
    const edge = await start({ vars: { ORIGIN_URL: 'http://origin.test', ADMIN_TOKENS: 'ann=secret' } });
    expect(await ask(edge)).toMatchObject({
      ORIGIN_URL: 'http://origin.test',
      ADMIN_TOKENS: 'ann=secret',
      LEASE_MS: '2000',
    });
  });

  it('runs several data centres in one process, each with its own state', async () => {
    const [a, b] = await Promise.all([start(), start()]);
    await ask(a, '/put?key=blob');
    expect(await ask(a, '/has?key=blob')).toBe(true);
    expect(await ask(b, '/has?key=blob')).toBe(false);
  });

  it('changes vars without losing state or address', async () => {
    const edge = await start({ vars: { CORS_ORIGINS: 'https://here.test' } });
    await ask(edge, '/put?key=blob');
    await edge.setVars({ ORIGIN_URL: 'http://moved.test' });
    expect(await ask(edge)).toMatchObject({ ORIGIN_URL: 'http://moved.test', CORS_ORIGINS: 'https://here.test' });
    expect(await ask(edge, '/has?key=blob')).toBe(true);
  });

  it('keeps its state in the folder that it is given', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'brink-edge-'));
    const first = await start({ stateDir });
    await ask(first, '/put?key=blob');
    await first.dispose();
    const second = await start({ stateDir });
    expect(await ask(second, '/has?key=blob')).toBe(true);
    await second.dispose();
    await rm(stateDir, { recursive: true, force: true });
  });

  it('says clearly that a port is taken', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    await expect(start({ port })).rejects.toThrow(`the edge cannot listen on 127.0.0.1:${port}: another program does`);
  });

  it('says what to do when nothing is built', async () => {
    await expect(start({ bundle: tmpdir() })).rejects.toThrow('run "node scripts/build.mjs" first');
  });
});
