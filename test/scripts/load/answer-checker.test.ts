import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import type { ContentCheck, LoadBody } from '../../../scripts/load/load-plan.js';
import { AnswerChecker } from '../../../scripts/load/process/answer-checker.js';

const bodyOf = (content: ContentCheck): LoadBody => ({ bytes: new Uint8Array(), check: { content } });
const faultOf = (content: ContentCheck, answer: Uint8Array): string | undefined =>
  new AnswerChecker().faultOf(bodyOf(content), answer.byteLength, answer);
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

describe('the check of answers', () => {
  it('wants the first answer to each body and every so many after it', () => {
    const checker = new AnswerChecker(3);
    const [one, other] = [bodyOf({ kind: 'sha256', hex: '' }), bodyOf({ kind: 'sha256', hex: '' })];
    expect(Array.from({ length: 7 }, () => checker.wants(one))).toEqual([true, false, false, true, false, false, true]);
    expect(checker.wants(other)).toBe(true);
    expect(checker.wants({ bytes: new Uint8Array() })).toBe(false);
  });

  it('compares numbers within a tolerance that is absolute for small ones and relative for large ones', () => {
    const tail = (...values: number[]): ContentCheck => ({
      kind: 'fp32-tail',
      fromEndBytes: 8,
      values,
      tolerance: 0.01,
    });
    const answer = Buffer.concat([Buffer.from('head!'), floats(0.5, 1_000)]);
    expect(faultOf(tail(0.505, 1_009), answer)).toBeUndefined();
    expect(faultOf(tail(0.52, 1_000), answer)).toBe('wrong content');
    expect(faultOf(tail(0.5, 1_011), answer)).toBe('wrong content');
    expect(faultOf(tail(NaN), answer)).toBe('wrong content');
    expect(faultOf(tail(0.5), Buffer.from('short'))).toBe('wrong content');
  });

  it('finds an output by name in JSON, nested or flat, and in msgpack', () => {
    const check = (format: 'json' | 'msgpack'): ContentCheck => ({
      kind: 'v2-output',
      format,
      output: 'y',
      values: [1, 2],
      tolerance: 1e-3,
    });
    const outputs = (data: unknown): object => ({
      outputs: [
        { name: 'x', data: [9] },
        { name: 'y', data },
      ],
    });
    expect(faultOf(check('json'), json(outputs([1, 2, 3])))).toBeUndefined();
    expect(faultOf(check('json'), json(outputs([[1], [2]])))).toBeUndefined();
    expect(faultOf(check('msgpack'), pack(outputs(floats(1, 2))))).toBeUndefined();
    for (const wrong of [
      json(outputs([1])),
      json(outputs('1,2')),
      json({ outputs: 5 }),
      json(null),
      Buffer.from('{'),
    ]) {
      expect(faultOf(check('json'), wrong)).toBe('wrong content');
    }
    expect(faultOf(check('msgpack'), pack(outputs(floats(1, 2.1))))).toBe('wrong content');
  });
});
