import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../../../scripts/publish/plan/plan.js';
import { readPlan, writePlan } from '../../../../scripts/publish/plan/plan-file.js';
import { planFor, withDecisions } from '../../../../scripts/publish/plan/plan-for.js';
import { type Manifest, manifestSchema } from '../../../../shared/manifest/manifest.js';
import { doubleModel } from '../../../harness/onnx.js';
import { folderOf, removeFolder } from '../../model-folder.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await removeFolder(folder);
});
async function folder(files: Record<string, string> = {}): Promise<string> {
  const made = await folderOf(files);
  folders.push(made);
  return made;
}

const of = 'a'.repeat(64);
const plan: Plan = {
  schema: 1,
  of,
  placement: { tiers: ['origin'] },
  graphs: { main: { edgeElementsMax: 8 }, other: {} },
  why: ['Graph "main" is large.'],
};
const graph = { model: { sha256: of, bytes: 1 }, signature: doubleModel().signature };
const manifest: Manifest = manifestSchema.parse({
  schema: 1,
  model: 'm',
  graphs: { main: graph, other: graph },
  inferGraph: 'main',
  handler: null,
  files: {},
  settings: {},
  placement: { tiers: ['edge', 'origin'] },
  batching: null,
  deadlineMs: 1_000,
});

describe('a plan', () => {
  it('comes back as it was written, from its folder or its file, and ends with a line', async () => {
    const made = await folder();
    expect(await writePlan(made, plan)).toBe(join(made, 'plan.json'));
    expect(await readPlan(made)).toEqual(plan);
    expect(await readFile(join(made, 'plan.json'), 'utf8')).toMatch(/\}\n$/);
    const other = join(made, 'other.json');
    await writePlan(other, { ...plan, graphs: {} });
    expect((await readPlan(other))?.graphs).toEqual({});
  });

  it('need not be there', async () => {
    expect(await readPlan(await folder())).toBeUndefined();
    expect(planFor(undefined, of)).toMatchObject({ applies: false });
  });

  const wrong: [string, string, RegExp][] = [
    ['no JSON', '{', /plan\.json is not JSON/],
    ['another schema', JSON.stringify({ ...plan, schema: 2 }), /is not a plan:\n {2}schema/],
    ['members that nobody knows', JSON.stringify({ ...plan, extra: 1 }), /extra/],
    ['no digest', JSON.stringify({ ...plan, of: 'abc' }), /64 lower-case hexadecimal/],
    ['more than a plan has', ' '.repeat(1_100_000), /at most 1048576 bytes, got 1100000/],
  ];
  it.each(wrong)('that is %s is refused', async (_, text, message) => {
    const made = await folder({ 'plan.json': text });
    const error = await readPlan(made).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PublishError', code: 'invalid-plan' });
    expect((error as Error).message).toMatch(message);
  });

  it('applies to the files that it was made for, and is stale for others', () => {
    expect(planFor(plan, of)).toEqual({ applies: true, plan });
    const stale = planFor(plan, 'b'.repeat(64));
    expect(stale).toEqual({
      applies: false,
      text: 'the plan is stale: it was made for aaaaaaaaaaaa, and this is bbbbbbbbbbbb',
    });
  });

  it('decides placement and limits of a manifest, and nothing else', () => {
    const decided = withDecisions(manifest, plan);
    expect(decided.placement).toEqual({ tiers: ['origin'] });
    expect(decided.graphs['main']?.edgeElementsMax).toBe(8);
    expect(decided.graphs['other']).toEqual(manifest.graphs['other']);
    expect({ ...decided, placement: 0, graphs: 0 }).toEqual({ ...manifest, placement: 0, graphs: 0 });
    expect(manifestSchema.parse(decided)).toEqual(decided);
  });

  it('cannot place a version where nobody wishes it, nor decide about graphs that are not there', () => {
    const atOrigin: Manifest = { ...manifest, placement: { tiers: ['origin'] } };
    const edge: Plan = { ...plan, placement: { tiers: ['edge'] } };
    expect(() => withDecisions(atOrigin, edge)).toThrow(/no more than what is wished \(origin\), got edge/);
    expect(() => withDecisions(manifest, { ...plan, graphs: { third: {} } })).toThrow(
      /main, other, got one for "third"/,
    );
  });
});
