import { describe, expect, it } from 'vitest';
import { retain, type VersionAge, type VersionAges } from '../../../shared/release/retention.js';

const day = 24 * 60 * 60 * 1_000;
const now = 1_000 * day;
const digestOf = (version: string): string => version.charCodeAt(0).toString(16).padStart(64, '0');
const age = (version: string, members: Partial<VersionAge> = {}): VersionAge => ({
  version,
  digest: digestOf(version),
  publishedAt: now - 100 * day,
  servedAt: null,
  fencedAt: null,
  ...members,
});
const agesOf = (
  versions: VersionAge[],
  members: Partial<VersionAges> = {},
  stable = 'a',
  lastGood = 'a',
): VersionAges => ({
  release: { schema: 1, model: 'm', epoch: 1, stable: age(stable), lastGood: age(lastGood), fenced: [], versions },
  previous: null,
  versions,
  ...members,
});
const keptOf = (ages: VersionAges, keepVersions = 1): (string | null)[] =>
  retain(ages, { keepMs: 30 * day, keepVersions }, now).map(({ kept }) => kept);

describe('the retention of versions', () => {
  it('keeps what is served, what was good last, what rollback goes to, and the newest', () => {
    const versions = ['a', 'b', 'c', 'd', 'e', 'f'].map((version) => age(version));
    expect(keptOf(agesOf(versions, { previous: age('c') }, 'a', 'b'))).toEqual([
      'stable',
      'last good',
      'previous',
      null,
      null,
      'newest',
    ]);
    expect(keptOf(agesOf(versions), 3)).toEqual(['stable', null, null, 'newest', 'newest', 'newest']);
  });

  it('keeps what was published, served or withdrawn lately, up to the very moment', () => {
    const at = now - 30 * day;
    const versions = [
      age('a'),
      age('b', { publishedAt: at + 1 }),
      age('c', { servedAt: at + 1 }),
      age('d', { fencedAt: at + 1 }),
      age('e', { publishedAt: at, servedAt: at, fencedAt: at }),
      age('f'),
    ];
    expect(keptOf(agesOf(versions))).toEqual(['stable', 'published', 'served', 'withdrawn', null, 'newest']);
  });

  it('keeps all of a model that serves nothing yet, as long as they are few', () => {
    const versions = [age('a'), age('b')];
    const ages = agesOf(versions);
    const nothing = { ...ages, release: { ...ages.release, stable: null, lastGood: null } };
    expect(keptOf(nothing, 2)).toEqual(['newest', 'newest']);
    expect(keptOf(nothing, 1)).toEqual([null, 'newest']);
  });
});
