import { describe, expect, it } from 'vitest';
import { decode, expectInputRefusal, expectRefusal, good } from './refusal.js';
import { jsonBody, msgpackBody } from './request-body.js';

describe('id and parameters', () => {
  it('refuses an id that is not text or longer than the limit', () => {
    expectRefusal(jsonBody({ id: 7, inputs: [good] }), 'invalid-request', /id of the request to be a string, got 7/);
    expectRefusal(jsonBody({ id: 'a'.repeat(257), inputs: [good] }), 'invalid-request', /at most 256 .*got 257/);
    expectRefusal(jsonBody('{"id":"\\ud800","inputs":[]}'), 'invalid-request', /Unicode/);
    expect(decode(jsonBody({ id: 'a'.repeat(256), inputs: [good] })).id).toHaveLength(256);
  });

  it('keeps strings, numbers and booleans, and integers beyond 2^53 with all their digits', () => {
    const text = `{"parameters":{"a":"b","n":-1.5,"t":true,"sequence_id":18446744073709551615,"min":-9223372036854775808,"far":1e300},"inputs":[${JSON.stringify(good)}]}`;
    expect(decode(jsonBody(text)).parameters).toEqual({
      a: 'b', n: -1.5, t: true, sequence_id: 18446744073709551615n, min: -9223372036854775808n, far: 1e300,
    }); // prettier-ignore
    const packed = msgpackBody({ parameters: { sequence_id: 18446744073709551615n, small: 5n }, inputs: [good] });
    expect(decode(packed).parameters).toEqual({ sequence_id: 18446744073709551615n, small: 5 });
  });

  it.each([
    ['{"p":null}', /string, a number or a boolean, got null/],
    ['{"p":[1]}', /got an array/],
    ['{"p":{}}', /got an object/],
    ['{"p":1e999}', /a finite number, got Infinity/],
    ['{"p":18446744073709551616}', /got 18446744073709551616/],
    ['{"p":123456789012345678901234567890}', /at most 64 bits/],
    ['{"p":"\\udfff"}', /Unicode text/],
    ['{"binary_data_output":1}', /to be a boolean, got 1/],
  ])('refuses the parameters %s', (parameters, words) => {
    expectRefusal(jsonBody(`{"parameters":${parameters},"inputs":[${JSON.stringify(good)}]}`), 'bad-parameter', words);
  });

  it('refuses parameters that are not an object, and more than the limit', () => {
    expectRefusal(
      jsonBody({ parameters: [1], inputs: [good] }),
      'invalid-request',
      /parameters of the request to be an object/,
    );
    const parameters = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`p${at}`, at]));
    expectRefusal(
      jsonBody({ parameters, inputs: [good] }),
      'bad-parameter',
      /at most 64 parameters of the request, got 65/,
    );
    expectInputRefusal({ parameters }, 'bad-parameter', /of input "x", got 65/);
  });

  it('refuses a binary_data_size that is no size, and one without the header', () => {
    for (const size of [-1, 1.5, '3', true]) {
      expectInputRefusal({ parameters: { binary_data_size: size } }, 'bad-parameter', /non-negative integer/);
    }
    expectInputRefusal(
      { parameters: { binary_data_size: 12 } },
      'bad-header',
      /Inference-Header-Content-Length.*got none/,
    );
    expectRefusal(
      msgpackBody({ inputs: [{ ...good, parameters: { binary_data_size: 12 } }] }),
      'bad-parameter',
      /no binary_data_size/,
    );
  });
});
