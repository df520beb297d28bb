import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { createCanvas } from '@napi-rs/canvas';
import { afterAll, describe, expect, it } from 'vitest';

/** Runs a handler on a graph that answers zeros of the shape that the real one would have: only the rest is tested. */
const worker = `
import { handlers } from './models/registry.js';
const zeros = (name, shape) => ({ name, datatype: 'FP32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
const graphs = {
  recogniser: ([x]) => ({ y: zeros('y', [1, x.shape[3] / 8 | 0, 4]) }),
  detector: ([x]) => ({ y: zeros('y', [1, 1, x.shape[2], x.shape[3]]) }),
  vad: () => ({ output: zeros('output', [1, 1]), stateN: zeros('stateN', [2, 1, 128]) }),
};
export default {
  async fetch(request) {
    const context = {
      settings: {},
      run: async (graph, inputs) => graphs[graph](inputs),
      file: () => new TextEncoder().encode('a\\nb\\n'),
      checkpoint: () => undefined,
    };
    const handler = handlers.get(new URL(request.url).pathname.slice(1));
    const bytes = new Uint8Array(await request.arrayBuffer());
    try {
      return Response.json(await handler.predict({ contentType: 'x/y', bytes, parameters: {} }, context));
    } catch (error) {
      return Response.json({ code: error.code, message: error.message });
    }
  },
};`;

const bundle = await build({
  stdin: { contents: worker, resolveDir: process.cwd() },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['workerd', 'worker', 'browser'],
  logLevel: 'silent',
});

// no nodejs_compat: there is no Buffer, no process and no node:* to lean on
const miniflare = new Miniflare({
  modules: [{ type: 'ESModule', path: 'worker.mjs', contents: bundle.outputFiles[0]!.text }],
  compatibilityDate: '2025-11-17',
  cf: false,
});
afterAll(() => miniflare.dispose());

async function predict(handler: string, bytes: Uint8Array): Promise<unknown> {
  const response = await miniflare.dispatchFetch(`http://edge/${handler}`, {
    method: 'POST',
    body: Buffer.from(bytes),
  });
  return response.json();
}

describe('the handlers in workerd, without anything of Node', () => {
  it('bundle without naming a module of Node', () => {
    expect(bundle.errors).toEqual([]);
    expect(bundle.outputFiles[0]!.text).not.toMatch(/from\s*"node:|require\("node:/);
  });

  it('decode a PNG and run the recogniser', async () => {
    expect(await predict('ocr-line@1', readFileSync('models/ocr-line/sample.png'))).toEqual({
      text: '',
      confidence: 0,
    });
  });

  it('decode a JPEG and run the detector', async () => {
    const canvas = createCanvas(90, 60);
    canvas.getContext('2d').fillRect(10, 10, 30, 20);
    const jpeg = new Uint8Array(canvas.toBuffer('image/jpeg'));
    expect(await predict('ocr-page@1', jpeg)).toEqual({ width: 90, height: 60, lines: [] });
  });

  it('decode a WAV and run the loop', async () => {
    const answer = await predict('vad@1', readFileSync('models/vad/sample.wav'));
    expect(answer).toEqual({ segments: [], durationMs: 1901, speechMs: 0 });
  });

  it('refuse what is broken with their own codes', async () => {
    for (const [handler, code] of [
      ['ocr-line@1', 'bad-image'],
      ['ocr-page@1', 'bad-image'],
      ['vad@1', 'bad-audio'],
    ] as const) {
      expect(await predict(handler, new Uint8Array(20))).toMatchObject({ code });
    }
    const cut = readFileSync('models/ocr-line/sample.png').subarray(0, 5000);
    expect(await predict('ocr-line@1', cut)).toMatchObject({ code: 'bad-image' });
  });
});
