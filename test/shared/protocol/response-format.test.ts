import { describe, expect, it } from 'vitest';
import { chooseResponseFormat, type WireBody } from '../../../shared/protocol/codec.js';
import type { InferRequest, Parameters } from '../../../shared/protocol/infer.js';

const body = (contentType: string, inferenceHeaderLength?: string): WireBody => ({
  contentType,
  inferenceHeaderLength,
  bytes: new Uint8Array(10),
});
const json = body('application/json');
const msgpack = body('application/msgpack');
const raw = body('application/octet-stream', '0');

const request = (parameters: Parameters = {}, outputs?: Record<string, Parameters>): InferRequest => ({
  id: undefined,
  parameters,
  inputs: [],
  outputs: outputs && Object.entries(outputs).map(([name, own]) => ({ name, parameters: own })),
});
const all = request({ binary_data_output: true });

const formatOf = (from: WireBody, accept: string | undefined, of: InferRequest): string =>
  chooseResponseFormat(from, accept, of).format;

describe('the format of an answer', () => {
  it('is JSON when nothing else is asked for', () => {
    for (const accept of [
      undefined,
      '',
      '*/*',
      'application/json',
      'application/*;q=0.5',
      'application/json, text/plain, */*',
    ]) {
      expect(formatOf(json, accept, request())).toBe('json');
    }
  });

  it('is binary when the request or any output asks for it, and the output’s own word wins', () => {
    const choice = chooseResponseFormat(json, undefined, request({}, { a: { binary_data: true }, b: {} }));
    expect([choice.format, choice.binaryOutput('a'), choice.binaryOutput('b')]).toEqual(['binary', true, false]);
    const allBut = request({ binary_data_output: true }, { a: {}, b: { binary_data: false } });
    const most = chooseResponseFormat(json, '*/*', allBut);
    expect([most.format, most.binaryOutput('a'), most.binaryOutput('b')]).toEqual(['binary', true, false]);
    expect(chooseResponseFormat(json, undefined, all).binaryOutput('any')).toBe(true);
  });

  it('is JSON when every output declines what the request asks for', () => {
    expect(formatOf(json, undefined, request({ binary_data_output: true }, { a: { binary_data: false } }))).toBe(
      'json',
    );
  });

  it('is binary for every output after the raw form', () => {
    const choice = chooseResponseFormat(raw, undefined, request());
    expect([choice.format, choice.binaryOutput('any')]).toEqual(['binary', true]);
  });

  it('is binary in all outputs when Accept leaves nothing else, but for those that decline', () => {
    const choice = chooseResponseFormat(
      json,
      'application/octet-stream',
      request({}, { a: {}, b: { binary_data: false } }),
    );
    expect([choice.format, choice.binaryOutput('a'), choice.binaryOutput('b')]).toEqual(['binary', true, false]);
  });

  it('is JSON when binary is asked for and Accept allows JSON alone', () => {
    const choice = chooseResponseFormat(json, 'application/json', all);
    expect([choice.format, choice.binaryOutput('a')]).toEqual(['json', false]);
  });

  it('is msgpack when Accept names it, under either name', () => {
    for (const accept of [
      'application/msgpack',
      'application/x-msgpack',
      'application/json, Application/MsgPack',
      'text/html, application/msgpack;q=1',
    ]) {
      expect(formatOf(json, accept, request())).toBe('msgpack');
    }
  });

  it('is what Accept wants more', () => {
    expect(formatOf(json, 'application/msgpack;q=0.5, application/json', request())).toBe('json');
    expect(formatOf(json, 'application/msgpack, application/json;q=0.9', request())).toBe('msgpack');
    expect(formatOf(msgpack, 'application/msgpack;q=0, */*', request())).toBe('json');
  });

  it('is msgpack after a msgpack request unless Accept names another', () => {
    for (const accept of [undefined, '*/*', 'application/*'])
      expect(formatOf(msgpack, accept, request())).toBe('msgpack');
    expect(formatOf(msgpack, 'application/json, */*', request())).toBe('json');
  });

  it('is msgpack rather than binary when both are asked for', () => {
    expect(formatOf(msgpack, undefined, all)).toBe('msgpack');
    expect(formatOf(json, 'application/msgpack', all)).toBe('msgpack');
  });

  it.each(['text/html', 'image/*', 'application/json;q=0', '*/*;q=0', 'application/json;q=x'])(
    'is refused for Accept %j',
    (accept) => {
      expect(() => chooseResponseFormat(json, accept, request())).toThrow(
        expect.objectContaining({ code: 'not-acceptable', message: expect.stringContaining('msgpack') as string }),
      );
    },
  );
});
