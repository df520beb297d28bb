import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MissingArtifact } from '../../../origin/artifacts/artifact-source.js';
import { type ArtifactRead, BlobStore } from '../../../origin/artifacts/blob-store.js';
import { EdgeSource } from '../../../origin/artifacts/edge-source.js';
import { ManifestStore } from '../../../origin/artifacts/manifest-store.js';
import { VersionFilesStore } from '../../../origin/artifacts/version-files.js';
import { canonicalJson } from '../../../shared/manifest/canonical.js';
import { sha256Hex } from '../../../shared/manifest/digest.js';
import { systemClock } from '../../../shared/time/clock.js';
import { externalDoubleModel } from '../../harness/onnx.js';
import { MemorySource, within } from '../harness.js';

let cacheDir: string;
let source: MemorySource;
let corrupt: string[];
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'brink-test-cache-'));
  source = new MemorySource();
  corrupt = [];
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

/** As a process that has just started: nothing in memory. */
const newStore = (): BlobStore =>
  new BlobStore({ cacheDir, source, clock: systemClock, onCorrupt: (_, from) => corrupt.push(from) });
const blobFiles = (): Promise<string[]> => readdir(join(cacheDir, 'blobs', 'sha256'));
const bytes = new Uint8Array(5_000).map((_, index) => index % 251);

describe('the blob store', () => {
  it('fetches a blob once, keeps it under its digest, and finds it after a restart', async () => {
    const blob = source.put(bytes);
    const path = await newStore().path(blob, within(10_000));
    expect(path).toBe(join(cacheDir, 'blobs', 'sha256', blob.sha256));
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
    expect(await newStore().path(blob, within(10_000))).toBe(path);
    expect(source.asked).toEqual([blob.sha256]);
    expect(await blobFiles()).toEqual([blob.sha256]);
  });

  it('shares one fetch among all who ask', async () => {
    const blob = source.put(bytes);
    const store = newStore();
    await Promise.all([1, 2, 3].map(() => store.path(blob, within(10_000))));
    expect(source.asked).toHaveLength(1);
  });

  it('asks again after a failure: the second of three calls fails', async () => {
    const [first, second] = [source.put(bytes), source.put(bytes.slice(1))];
    const store = newStore();
    await store.path(first, within(10_000));
    source.failures = 1;
    await expect(store.path(second, within(10_000))).rejects.toMatchObject({ code: 'artifact-unavailable' });
    expect(await store.path(second, within(10_000))).toContain(second.sha256);
  });

  it('drops a file that is corrupt, tells of it and fetches it again', async () => {
    const blob = source.put(bytes);
    const path = await newStore().path(blob, within(10_000));
    await writeFile(path, bytes.slice().fill(1, 100, 101));
    await newStore().path(blob, within(10_000));
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
    expect([corrupt, source.asked.length]).toEqual([['disk'], 2]);
  });

  it.each([
    ['other bytes', (sent: Uint8Array) => sent.slice().fill(9, 10, 20), /sha-256/],
    ['too few', (sent: Uint8Array) => sent.slice(0, 4_999), /5000 bytes .* got 4999 bytes/],
    ['too many', (sent: Uint8Array) => new Uint8Array([...sent, 0]), /5000 bytes .* more than 5000/],
  ])('never keeps what the source got wrong: %s', async (_, tamper, message) => {
    const blob = source.put(bytes);
    source.tamper = tamper;
    const store = newStore();
    const failed = store.path(blob, within(10_000));
    await expect(failed).rejects.toMatchObject({ code: 'artifact-corrupt', status: 503 });
    await expect(failed).rejects.toThrow(message);
    expect([corrupt, await blobFiles()]).toEqual([['source'], []]);
    source.tamper = (sent) => sent;
    expect(await store.path(blob, within(10_000))).toContain(blob.sha256);
  });

  it('lets a caller go at its deadline and goes on for the others', async () => {
    const blob = source.put(bytes);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const blobNow = source.blob.bind(source);
    source.blob = (sha256) => gate.then(() => blobNow(sha256));
    const store = newStore();
    const patient = store.path(blob, within(10_000));
    await expect(store.path(blob, within(1))).rejects.toMatchObject({ code: 'deadline-exceeded' });
    open();
    expect(await patient).toContain(blob.sha256);
  });
});

describe('what the blob store says of its reads', () => {
  it('is where it looked, what came of it, and how many bytes were found', async () => {
    const reads: string[] = [];
    const onRead = ({ tier, outcome, bytes }: ArtifactRead): void => void reads.push(`${tier} ${outcome} ${bytes}`);
    const store = (): BlobStore =>
      new BlobStore({ cacheDir, source, clock: systemClock, onCorrupt: () => undefined, onRead });
    const told = async (work: Promise<unknown>): Promise<string[]> => {
      await work.catch(() => undefined);
      return reads.splice(0);
    };
    const blob = source.put(bytes);
    expect(await told(store().path(blob, within(10_000)))).toEqual(['disk miss 0', 'source hit 5000']);
    expect(await told(store().path(blob, within(10_000)))).toEqual(['disk hit 5000']);
    await writeFile(join(cacheDir, 'blobs', 'sha256', blob.sha256), 'damaged');
    source.failures = 1;
    expect(await told(store().path(blob, within(10_000)))).toEqual(['disk corrupt 0', 'source failed 0']);
    source.tamper = (sent) => sent.slice(1);
    expect(await told(store().path(blob, within(10_000)))).toEqual(['disk miss 0', 'source corrupt 0']);
    source.blob = () => Promise.reject(new MissingArtifact('none', 1_000));
    expect(await told(store().path(blob, within(10_000)))).toEqual(['disk miss 0', 'source miss 0']);
  });
});

describe('files of a version', () => {
  const newFiles = (): VersionFilesStore => new VersionFilesStore({ cacheDir, blobs: newStore(), clock: systemClock });

  it('lie in a directory per graph, weights by the name that the graph uses, never behind symbolic links', async () => {
    const labels = source.put(new TextEncoder().encode('a\nb'));
    const target = await source.publish({ main: externalDoubleModel('weights.bin') }, { files: { labels } });
    const { graphs, files } = await newFiles().of(target, within(10_000));
    expect(graphs).toEqual({ main: join(cacheDir, 'graphs', target.digest, 'main', 'model.onnx') });
    expect(await readFile(files['labels']!, 'utf8')).toBe('a\nb');
    const entries = await readdir(join(graphs['main']!, '..'), { withFileTypes: true });
    expect(entries.map((entry) => [entry.name, entry.isFile()]).sort()).toEqual([
      ['model.onnx', true],
      ['weights.bin', true],
    ]);
  });

  it('are laid out anew by each process, so that a damaged file does not stay', async () => {
    const target = await source.publish({ main: externalDoubleModel() });
    const { graphs } = await newFiles().of(target, within(10_000));
    await rm(graphs['main']!);
    await writeFile(graphs['main']!, 'damaged');
    await newFiles().of(target, within(10_000));
    expect((await stat(graphs['main']!)).size).toBe(externalDoubleModel().bytes.byteLength);
    expect(await readdir(join(cacheDir, 'graphs'))).toEqual([target.digest]);
  });

  it('cannot hide the graph behind weights of its name', async () => {
    const target = await source.publish({ main: externalDoubleModel('model.onnx') });
    await expect(newFiles().of(target, within(10_000))).rejects.toMatchObject({ code: 'invalid-manifest' });
  });

  it('are gone when the version is removed, and come back when it is wanted', async () => {
    const target = await source.publish({ main: externalDoubleModel() });
    const files = newFiles();
    await files.of(target, within(10_000));
    await files.remove(target.digest);
    expect(await readdir(join(cacheDir, 'graphs'))).toEqual([]);
    const { graphs } = await files.of(target, within(10_000));
    expect((await stat(graphs['main']!)).isFile()).toBe(true);
  });
});

describe('the manifest store', () => {
  const newManifests = (): ManifestStore =>
    new ManifestStore({ cacheDir, source, signatures: { check: () => Promise.resolve() } });
  const put = async (text: string): Promise<string> => {
    const digest = await sha256Hex(new TextEncoder().encode(text));
    source.manifests.set(digest, text);
    return digest;
  };

  it('fetches a manifest once and finds it after a restart', async () => {
    const { digest, manifest } = await source.publish({ main: externalDoubleModel() });
    expect(await newManifests().manifest(digest, within(10_000))).toEqual(manifest);
    source.manifests.clear();
    expect(await newManifests().manifest(digest, within(10_000))).toEqual(manifest);
    expect(source.asked).toEqual([digest]);
  });

  it('fetches again what is damaged on disk', async () => {
    const { digest, manifest } = await source.publish({ main: externalDoubleModel() });
    await mkdir(join(cacheDir, 'manifests', 'sha256'), { recursive: true });
    await writeFile(join(cacheDir, 'manifests', 'sha256', `${digest}.json`), '{"schema":1');
    expect(await newManifests().manifest(digest, within(10_000))).toEqual(manifest);
  });

  it('refuses the manifest of another digest', async () => {
    const { manifest } = await source.publish({ main: externalDoubleModel() });
    const other = 'a'.repeat(64);
    source.manifests.set(other, canonicalJson(manifest));
    await expect(newManifests().manifest(other, within(10_000))).rejects.toMatchObject({ code: 'artifact-corrupt' });
  });

  it('says of a manifest newer than this build that it is', async () => {
    const digest = await put('{"model":"later","schema":2}');
    const failed = newManifests().manifest(digest, within(10_000));
    await expect(failed).rejects.toMatchObject({ code: 'not-supported' });
    await expect(failed).rejects.toThrow(/schema 1 or older, got schema 2/);
  });

  it.each(['not json', '[]', '{"schema":1}', '{"schema":1,"__proto__":{}}'])('refuses %s', async (text) => {
    const failed = newManifests().manifest(await put(text), within(10_000));
    await expect(failed).rejects.toMatchObject({ code: 'invalid-manifest' });
  });
});

describe('the edge as a source', () => {
  const asked: { url: string; authorization: string | null }[] = [];
  const answering = (answer: () => Response | Promise<Response>): EdgeSource =>
    new EdgeSource({
      edgeUrl: 'http://edge.test',
      token: 'tok',
      fetch: async (url, init) => {
        asked.push({ url: new Request(url).url, authorization: new Headers(init?.headers).get('authorization') });
        return answer();
      },
    });
  const { signal } = new AbortController();

  it('asks the artifact route with its token', async () => {
    const edge = answering(() => new Response('hello'));
    expect(await new Response(await edge.blob('ab', signal)).text()).toBe('hello');
    expect(await edge.manifest('cd', signal)).toBe('hello');
    expect(asked.splice(0)).toEqual([
      { url: 'http://edge.test/artifacts/v1/blobs/ab', authorization: 'Bearer tok' },
      { url: 'http://edge.test/artifacts/v1/manifests/cd', authorization: 'Bearer tok' },
    ]);
  });

  it.each([
    ['404', () => new Response('', { status: 404 }), 'artifact-unavailable'],
    ['401', () => new Response('', { status: 401 }), 'artifact-unavailable'],
    ['500', () => new Response('', { status: 500 }), 'artifact-unavailable'],
    ['no answer', () => Promise.reject(new TypeError('fetch failed')), 'artifact-unavailable'],
  ])('tells what went wrong: %s', async (_, answer, code) => {
    await expect(answering(answer).blob('ab', signal)).rejects.toMatchObject({ code });
    await expect(answering(answer).manifest('ab', signal)).rejects.toMatchObject({ code });
  });
});
