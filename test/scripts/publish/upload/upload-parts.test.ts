import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../../../../scripts/client/admin-client.js';
import { RemoteError, UnreachableError } from '../../../../scripts/client/remote-error.js';
import { triesMax } from '../../../../scripts/client/with-retries.js';
import { InMemory } from '../../../../scripts/publish/content/in-memory.js';
import { uploadBlobs, type UploadOptions, uploadsAtOnceMax } from '../../../../scripts/publish/upload-blobs.js';
import { sendAndRegister } from '../../../../scripts/publish/upload/send-and-register.js';
import { blobKey, partKey } from '../../../../edge/artifact-keys.js';
import { sha256Hex } from '../../../../shared/manifest/digest.js';
import { startTestEdge, type TestEdge } from '../../../harness/edge.js';
import { seededRandom } from '../../../harness/random.js';

const token = 'admin-token-0123456789';
const partBytes = 1_000;

/** The real client, telling what it sends, and failing where a test wants it to. */
class CountingClient extends AdminClient {
  puts: string[] = [];
  joins = 0;
  atOnce = 0;
  atOnceMost = 0;
  onPut: (put: number) => void = () => undefined;
  onJoin: (join: number) => Promise<void> | undefined = () => undefined;

  override async putPart(sha256: string, bytes: Uint8Array): Promise<void> {
    this.puts.push(sha256);
    this.atOnceMost = Math.max(this.atOnceMost, ++this.atOnce);
    try {
      this.onPut(this.puts.length);
      await super.putPart(sha256, bytes);
    } finally {
      this.atOnce -= 1;
    }
  }

  override async joinBlob(...join: Parameters<AdminClient['joinBlob']>): Promise<void> {
    await this.onJoin((this.joins += 1));
    await super.joinBlob(...join);
  }
}

let edge: TestEdge;
beforeAll(async () => {
  edge = await startTestEdge({ vars: { ADMIN_TOKENS: `ops=${token}` } });
});
afterAll(() => edge.dispose());

let seed = 0;
const contentOf = (bytes: number): InMemory => {
  const random = seededRandom((seed += 1));
  return new InMemory(Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)));
};
const client = (): CountingClient => new CountingClient({ url: edge.url, token });
const options: UploadOptions = { partBytes, wait: () => Promise.resolve() };
const upload = (with_: AdminClient, content: InMemory, more: UploadOptions = {}) =>
  uploadBlobs(with_, new Map([[content.sha256, content]]), () => undefined, { ...options, ...more });
const stored = async (content: InMemory): Promise<Uint8Array | undefined> => {
  const object = await edge.bucket.get(blobKey(content.sha256));
  return object === null ? undefined : new Uint8Array(await object.arrayBuffer());
};
const partsLeft = async (): Promise<number> => (await edge.bucket.list({ prefix: 'parts/' })).objects.length;

describe('a file of more than a part', () => {
  it('arrives in parts, a few at once, and is whole afterwards; the parts are gone', async () => {
    const content = contentOf(12 * partBytes + 345);
    const counting = client();
    const states: number[] = [];
    const result = await uploadBlobs(counting, new Map([[content.sha256, content]]), ({ doneBytes }) => states.push(doneBytes), options); // prettier-ignore
    expect(result).toEqual({ uploadedBlobs: 1, uploadedBytes: content.byteLength });
    expect(Buffer.compare((await stored(content))!, await content.bytes())).toBe(0);
    expect(counting.puts).toHaveLength(13);
    expect(counting.atOnceMost).toBeLessThanOrEqual(uploadsAtOnceMax);
    expect(counting.atOnceMost).toBeGreaterThan(1);
    expect(states).toHaveLength(14);
    expect(states.at(-1)).toBe(content.byteLength);
    expect(await partsLeft()).toBe(0);
  });

  it('is sent again from where it was cut off, and no part twice', async () => {
    const content = contentOf(10 * partBytes);
    const cut = client();
    cut.onPut = (put) => {
      if (put > 4) throw new RemoteError(422, 'digest-mismatch', 'the line was cut');
    };
    await expect(upload(cut, content)).rejects.toThrow('the line was cut');
    expect(await stored(content)).toBeUndefined();
    const there = await partsLeft();
    expect(there).toBe(4);
    const again = client();
    const result = await upload(again, content);
    expect(again.puts).toHaveLength(10 - there);
    expect(result.uploadedBytes).toBe((10 - there) * partBytes);
    expect(Buffer.compare((await stored(content))!, await content.bytes())).toBe(0);
  });

  it('has a part that does not arrive sent again, and no other', async () => {
    const flaky = client();
    flaky.onPut = (put) => {
      if (put === 2 || put === 3) throw new UnreachableError('the connection broke');
    };
    await upload(flaky, contentOf(5 * partBytes));
    expect(flaky.puts).toHaveLength(7);
    expect(new Set(flaky.puts).size).toBe(5);
  });

  it('gives up on a part after a few tries, each wait twice as long as the one before', async () => {
    const waits: number[] = [];
    const dead = client();
    dead.onPut = () => {
      throw new UnreachableError('the connection broke');
    };
    const wait = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms));
    const content = new InMemory(new Uint8Array(partBytes + 1).fill(7));
    await expect(upload(dead, content, { wait, partBytes: partBytes + 1 - 1 })).rejects.toThrow('the connection broke');
    expect(dead.puts.length).toBeLessThanOrEqual(2 * triesMax);
    expect([...new Set(waits)]).toEqual([500, 1_000, 2_000, 4_000]);
  });

  it('may have the same part twice', async () => {
    const content = new InMemory(new Uint8Array(4 * partBytes));
    await upload(client(), content);
    expect((await stored(content))?.byteLength).toBe(4 * partBytes);
  });

  it('goes on when somebody else took parts away meanwhile, and when he joined it first', async () => {
    const [content, other] = [contentOf(3 * partBytes), contentOf(3 * partBytes)];
    const robbed = client();
    const first = await sha256Hex(await content.read(0, partBytes));
    robbed.onJoin = (join) => (join === 1 ? edge.bucket.delete(partKey(first)) : undefined);
    await upload(robbed, content);
    expect(robbed.joins).toBe(2);
    expect(robbed.puts).toHaveLength(4);
    const second = client();
    second.onJoin = () => upload(client(), other).then(() => undefined);
    await upload(second, other);
    expect(second.joins).toBe(1);
  });
});

describe('joining parts', () => {
  it('names the parts that are missing', async () => {
    const absent = 'ab'.repeat(32);
    await expect(client().joinBlob('cd'.repeat(32), [{ sha256: absent, bytes: 5 }])).rejects.toMatchObject({
      status: 409,
      code: 'incomplete-blob',
      message: expect.stringContaining(absent) as string,
    });
  });

  it('refuses a part of another size than was said, a wrong whole, and more than R2 takes at once', async () => {
    const part = contentOf(10);
    await client().putPart(part.sha256, await part.bytes());
    const sized = (bytes: number) => [{ sha256: part.sha256, bytes }];
    await expect(client().joinBlob(part.sha256, sized(11))).rejects.toMatchObject({ code: 'incomplete-blob' });
    const wrong = 'cd'.repeat(32);
    await expect(client().joinBlob(wrong, sized(10))).rejects.toMatchObject({ status: 422, code: 'digest-mismatch' });
    expect(await edge.bucket.head(blobKey(wrong))).toBeNull();
    await expect(client().joinBlob(part.sha256, sized(5_000_000_001))).rejects.toMatchObject({ status: 413, code: 'body-too-large' }); // prettier-ignore
    await expect(client().joinBlob(part.sha256, [])).rejects.toMatchObject({ status: 400 });
    await client().joinBlob(part.sha256, sized(10));
    await client().joinBlob(part.sha256, sized(10)); // asked again after an answer that was lost
    expect((await stored(part))?.byteLength).toBe(10);
  });

  it('is for operators alone', async () => {
    const stranger = new AdminClient({ url: edge.url, token: 'another-token-0123456789' });
    await expect(stranger.joinBlob('ab'.repeat(32), [{ sha256: 'cd'.repeat(32), bytes: 1 }])).rejects.toMatchObject({ status: 401 }); // prettier-ignore
    await expect(stranger.putPart('ab'.repeat(32), new Uint8Array(1))).rejects.toMatchObject({ status: 401 });
  });
});

describe('registering after sending', () => {
  const nothing = { uploadedBlobs: 0, uploadedBytes: 0 };
  const gone = new RemoteError(409, 'incomplete-version', 'a blob is missing');

  it('sends once more what was collected in between, and no more often than once', async () => {
    const content = contentOf(2 * partBytes);
    let registrations = 0;
    const register = async (): Promise<string> => {
      if ((registrations += 1) === 1) await edge.bucket.delete(blobKey(content.sha256));
      if ((await edge.bucket.head(blobKey(content.sha256))) === null) throw gone;
      return 'v1';
    };
    const { sent, registered } = await sendAndRegister(() => upload(client(), content), register);
    expect({ sent, registered }).toEqual({
      sent: { uploadedBlobs: 2, uploadedBytes: 4 * partBytes },
      registered: 'v1',
    });
    const never = sendAndRegister(() => Promise.resolve(nothing), () => Promise.reject(gone)); // prettier-ignore
    await expect(never).rejects.toBe(gone);
  });
});
