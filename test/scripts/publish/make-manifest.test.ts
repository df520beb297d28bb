import { describe, expect, it } from 'vitest';
import { type Definition, definitionSchema } from '../../../models/define.js';
import { type DefinitionBlobs, makeManifest } from '../../../scripts/publish/make-manifest.js';
import { nextVersionName } from '../../../scripts/publish/version-name.js';
import { manifestDigest } from '../../../shared/manifest/digest.js';
import type { Signature } from '../../../shared/protocol/tensor.js';

const ref = (digit: string) => ({ sha256: digit.repeat(64), bytes: 7 });
const signature: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 4] },
    { name: 'n', datatype: 'INT64', shape: [1] },
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 4] }],
};
const define = (more: object = {}): Definition =>
  definitionSchema.parse({ name: 'double', graphs: { main: { from: 'a.onnx' } }, ...more });
const blobs: DefinitionBlobs = { graphs: { main: { model: ref('a'), externalData: {} } }, files: {} };
const make = (definition: Definition, signatures: Record<string, Signature> = { main: signature }) =>
  makeManifest(definition, blobs, signatures);

describe('making a manifest', () => {
  it('fills in what a definition leaves out', () => {
    expect(make(define())).toEqual({
      schema: 1,
      model: 'double',
      graphs: { main: { ...blobs.graphs['main'], signature } },
      inferGraph: 'main',
      handler: null,
      files: {},
      settings: {},
      placement: { tiers: ['edge', 'origin'] },
      batching: null,
      deadlineMs: 10_000,
    });
  });

  it('has the same digest however the keys were ordered', async () => {
    const files = { b: ref('b'), c: ref('c') };
    const one = makeManifest(
      define({ settings: { a: 1, b: { c: [1], d: 2 } } }),
      { ...blobs, files },
      { main: signature },
    );
    const other = makeManifest(
      define({ settings: { b: { d: 2, c: [1] }, a: 1 } }),
      { files: { c: ref('c'), b: ref('b') }, graphs: blobs.graphs },
      { main: signature },
    );
    expect(await manifestDigest(one)).toBe(await manifestDigest(other));
  });

  it('keeps one digest for one input for ever', async () => {
    expect(await manifestDigest(make(define()))).toMatchInlineSnapshot(
      `"3968b7fc96ece22f7e6029ad7f0d6a62cec3a1e42f5f8df79ed6c7a85bf29613"`,
    );
  });

  it('has another digest for another setting, file or placement', async () => {
    const variants = [define(), define({ settings: { a: 1 } }), define({ placement: { tiers: ['origin'] } })];
    const digests = await Promise.all(variants.map((definition) => manifestDigest(make(definition))));
    expect(new Set(digests).size).toBe(3);
  });

  it('leaves the choice open when there are several graphs and a handler', () => {
    const graphs = { one: { from: 'a' }, two: { from: 'b' } };
    const both = { one: { model: ref('a'), externalData: {} }, two: { model: ref('b'), externalData: {} } };
    const signatures = { one: signature, two: signature };
    const many = (more: object) => makeManifest(define({ graphs, ...more }), { graphs: both, files: {} }, signatures);
    expect(many({ handler: { name: 'h', version: 1 } }).inferGraph).toBeNull();
    expect(many({ inferGraph: 'two' }).inferGraph).toBe('two');
    expect(() => many({})).toThrow('nothing could be asked of this model');
  });

  it.each<[string, object, RegExp]>([
    ['no graphs', { graphs: {} }, /expected at least one graph/],
    ['an inferGraph that is none', { inferGraph: 'other' }, /expected inferGraph to be one of main, got "other"/],
    ['a setting with too long a name', { settings: { ['k'.repeat(65)]: 1 } }, /makes no valid manifest/],
  ])('refuses %s', (_, more, message) => {
    expect(() => make(define(more))).toThrow(message);
  });
});

describe('a declared signature', () => {
  const declare = (declared: unknown) => make(define({ graphs: { main: { from: 'a.onnx', signature: declared } } }));

  it('may narrow a dynamic axis and order the tensors otherwise', () => {
    const [x, n] = signature.inputs;
    const declared = { inputs: [n, { ...x, shape: [1, 4] }], outputs: signature.outputs };
    expect(declare(declared).graphs['main']?.signature).toEqual(declared);
  });

  it.each([
    ['another datatype', { ...signature, outputs: [{ name: 'y', datatype: 'FP64', shape: [-1, 4] }] }],
    ['a wider axis', { ...signature, outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, -1] }] }],
    ['another rank', { ...signature, outputs: [{ name: 'y', datatype: 'FP32', shape: [4] }] }],
    ['another name', { ...signature, outputs: [{ name: 'z', datatype: 'FP32', shape: [-1, 4] }] }],
    ['a missing input', { ...signature, inputs: signature.inputs.slice(0, 1) }],
  ])('is refused for %s', (_, declared) => {
    expect(() => declare(declared)).toThrow(/put of graph "main": the definition declares .*, the graph has/);
  });
});

describe('the next version name', () => {
  it.each([
    [[], 'v1'],
    [['v1', 'v2'], 'v3'],
    [['v10', 'v9', 'fast', 'v2-rc'], 'v11'],
    [['stable'], 'v1'],
  ])('after %j is %s', (names, next) => {
    expect(nextVersionName(names)).toBe(next);
  });
});
