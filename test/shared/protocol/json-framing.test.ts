import { describe, expect, it } from 'vitest';
import { decode, expectRefusal, good } from './refusal.js';
import { jsonBody, utf8 } from './request-body.js';

describe('JSON framing', () => {
  it.each(['', '   ', '{', '{"inputs":', '{"a":1}x', "{'a':1}", 'nul', '\u0000', '{"a":01}'])(
    'refuses %j as malformed',
    (text) => {
      expectRefusal(jsonBody(text), 'malformed-json', /expected a JSON object/);
    },
  );

  it('refuses bytes that are not UTF-8, also after having refused some before', () => {
    for (let round = 0; round < 2; round++) {
      const bytes = Uint8Array.from([...utf8('{"id":"'), 0xc3, 0x28, ...utf8('"}')]);
      expectRefusal({ ...jsonBody(''), bytes }, 'malformed-json', /UTF-8/);
      expect(decode(jsonBody({ id: 'é', inputs: [good] })).id).toBe('é');
    }
  });

  it('refuses a byte order mark', () => {
    expectRefusal(jsonBody(`\ufeff${JSON.stringify({ inputs: [good] })}`), 'malformed-json', /byte order mark/);
  });

  it.each([
    ['arrays', '['.repeat(100_000)],
    ['closed arrays', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['objects', '{"a":'.repeat(100_000)],
    [
      'data',
      `{"inputs":[{"name":"x","datatype":"INT32","shape":[1,3],"data":${'['.repeat(100_000)}1${']'.repeat(100_000)}}]}`,
    ],
  ])('refuses %s nested 100,000 deep', (_, text) => {
    expectRefusal(jsonBody(text), 'json-too-deep', /at most 32 levels/);
  });

  it('does not take brackets inside strings for nesting', () => {
    const id = '[{"\\'.repeat(40);
    expect(decode(jsonBody({ id, inputs: [good] })).id).toBe(id);
  });

  it('refuses a body of so many arrays that their objects would fill the heap', () => {
    expectRefusal(jsonBody(`[${'[],'.repeat(500_001)}[]]`), 'tensor-too-large', /at most 500000 arrays/);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s wherever it reads keys', (key) => {
    const evil = `"${key}":{"polluted":1}`;
    const input = JSON.stringify(good).slice(0, -1);
    for (const text of [
      `{${evil},"inputs":[${input}}]}`,
      `{"parameters":{${evil}},"inputs":[${input}}]}`,
      `{"inputs":[${input},${evil}}]}`,
      `{"inputs":[${input},"parameters":{${evil}}}]}`,
      `{"inputs":[${input}}],"outputs":[{"name":"y",${evil}}]}`,
      `{"inputs":[${input}}],"outputs":[{"name":"y","parameters":{${evil}}}]}`,
    ]) {
      expectRefusal(jsonBody(text), 'forbidden-key', new RegExp(key));
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([[[1]], ['"text"'], [null], [3], [true]])('refuses %j where the request object should be', (value) => {
    expectRefusal(jsonBody(value), 'invalid-request', /the request to be an object/);
  });
});
