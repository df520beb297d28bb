import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../origin/runner/frame.js';
import { FrameReader } from '../../../origin/runner/frame-reader.js';
import { wholeTensor } from '../../../origin/runner/whole-tensor.js';
import { sampleTensors } from '../../harness/tensors.js';
import { bits } from '../tensors.js';

const joined = (header: object, tensors = sampleTensors()): Buffer =>
  Buffer.concat(encodeFrame(header, tensors.map(wholeTensor)));

describe('a frame', () => {
  it('carries every datatype to the bit, as views on its own memory', () => {
    const [frame] = new FrameReader().push(joined({ type: 'run', id: 7 }));
    expect(frame!.header).toEqual({ type: 'run', id: 7 });
    const came = frame!.tensors.map(({ name, datatype, shape, data }) => ({
      name,
      datatype,
      shape,
      kind: data.constructor,
    }));
    const sent = sampleTensors();
    expect(came).toEqual(
      sent.map(({ name, datatype, shape, data }) => ({ name, datatype, shape, kind: data.constructor })),
    );
    expect(frame!.tensors.map(bits)).toEqual(sent.map(bits));
    const buffers = new Set(frame!.tensors.flatMap(({ data }) => ('buffer' in data ? [data.buffer] : [])));
    expect(buffers.size).toBe(1);
  });

  it('may arrive in any pieces, and several in one', () => {
    const stream = Buffer.concat([joined({ id: 1 }), joined({ id: 2 }, []), joined({ id: 3 })]);
    for (const piece of [1, 3, 7, 100, stream.byteLength]) {
      const reader = new FrameReader();
      const ids: unknown[] = [];
      for (let at = 0; at < stream.byteLength; at += piece) {
        for (const { header, tensors } of reader.push(stream.subarray(at, at + piece))) {
          ids.push((header as { id: number }).id, tensors.length);
        }
      }
      expect(ids).toEqual([1, 13, 2, 0, 3, 13]);
    }
  });

  it('over the limit is neither written nor read, and says so with both numbers', () => {
    const bytes = joined({ id: 1 }).byteLength;
    const expected = new RegExp(`at most ${bytes - 1} bytes .* got ${bytes} bytes`);
    expect(() => encodeFrame({ id: 1 }, sampleTensors().map(wholeTensor), { bytesMax: bytes - 1 })).toThrow(expected);
    expect(() => new FrameReader({ bytesMax: bytes - 1 }).push(joined({ id: 1 }))).toThrow(expected);
    expect(new FrameReader({ bytesMax: bytes }).push(joined({ id: 1 }))).toHaveLength(1);
  });

  it('whose parts do not add up is refused', () => {
    const bytes = joined({ id: 1 });
    const longer = Buffer.concat([bytes, Buffer.alloc(8)]);
    longer.writeUInt32LE(longer.byteLength, 0);
    expect(() => new FrameReader().push(longer)).toThrow(/its parts have/);
    expect(() => new FrameReader().push(Buffer.from([1, 0, 0, 0]))).toThrow(/at least 8/);
  });
});
