import { describe, expect, it } from 'vitest';
import { decode, expectRefusal, good } from './refusal.js';
import { jsonBody } from './request-body.js';

describe('what a request may be', () => {
  it('accepts the good request that every refusal below is a change of', () => {
    expect(decode(jsonBody({ inputs: [good] })).inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3));
  });

  it('refuses a media type that it cannot read and names those that it can', () => {
    const body = { ...jsonBody({ inputs: [good] }), contentType: 'text/csv' };
    expectRefusal(body, 'unsupported-media-type', /application\/json.*octet-stream.*msgpack.*"text\/csv"/);
  });

  it('reads a body without a content type as JSON, and octet-stream that is JSON too', () => {
    for (const contentType of ['', 'application/octet-stream']) {
      expect(decode({ ...jsonBody({ inputs: [good] }), contentType }).inputs).toHaveLength(1);
    }
  });

  it('refuses bytes as octet-stream without the header that says where they begin', () => {
    const body = {
      contentType: 'application/octet-stream',
      inferenceHeaderLength: undefined,
      bytes: Uint8Array.of(1, 2),
    };
    expectRefusal(body, 'bad-header', /Inference-Header-Content-Length/);
  });

  it('refuses a body over the limit with both numbers', () => {
    expectRefusal(jsonBody({ inputs: [good] }), 'body-too-large', /at most 10 bytes, got 7\d/, {
      limits: { bodyBytesMax: 10 },
    });
  });
});
