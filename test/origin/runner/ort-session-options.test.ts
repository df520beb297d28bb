import { describe, expect, it } from 'vitest';
import { ortSessionOptions } from '../../../origin/runner/ort-session-options.js';

const plain = { threads: 3, spinning: true, providers: [{ name: 'cpu', options: {} }] };

describe('the options of a session', () => {
  it('ask for every optimisation and one graph at a time, with the threads as they are', () => {
    expect(ortSessionOptions(plain)).toEqual({
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      intraOpNumThreads: 3,
      interOpNumThreads: 1,
      executionProviders: [{ name: 'cpu' }],
    });
  });

  it('keep threads from spinning by the session’s configuration', () => {
    const off = { allow_spinning: '0' };
    expect(ortSessionOptions({ ...plain, spinning: false }).extra).toEqual({
      session: { intra_op: off, inter_op: off },
    });
  });

  it('give the device to those that take one, unless their own options name it, and options to all', () => {
    const providers = [
      { name: 'tensorrt', options: {} },
      { name: 'cuda', options: { deviceId: 5 } },
      { name: 'webgpu', options: { preferredLayout: 'NHWC' } },
      { name: 'cpu', options: {} },
    ];
    expect(ortSessionOptions({ ...plain, providers, deviceId: 1 }).executionProviders).toEqual([
      { name: 'tensorrt', deviceId: 1 },
      { name: 'cuda', deviceId: 5 },
      { name: 'webgpu', preferredLayout: 'NHWC' },
      { name: 'cpu' },
    ]);
  });
});
