import { afterEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../origin/runner/frame.js';
import { FrameReader } from '../../../origin/runner/frame-reader.js';
import { Slab, slabBytesMax, slabBytesMin } from '../../../origin/runner/slab.js';
import { wholeTensor } from '../../../origin/runner/whole-tensor.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { fp32 } from '../harness.js';

const slabs: Slab[] = [];
const create = (): Slab | undefined => {
  const made = Slab.create(`brink-test-slab-${process.pid}-${slabs.length}`)?.slab;
  if (made !== undefined) slabs.push(made);
  return made;
};
afterEach(() => {
  for (const slab of slabs.splice(0)) slab.close();
});

const large = (elements = slabBytesMin / 4): Tensor =>
  fp32(
    'x',
    [elements],
    Array.from({ length: elements }, (_, at) => at),
  );
const available = create() !== undefined;

describe.skipIf(!available)('shared memory (Linux, where /dev/shm is)', () => {
  it('holds the tensors of a frame, and the frame says so', () => {
    const slab = create();
    const texts: Tensor = { name: 't', datatype: 'BYTES', shape: [2], data: ['a', 'bc'] };
    const bytes = Buffer.concat(encodeFrame({ id: 1 }, [wholeTensor(large()), wholeTensor(texts)], { slab }));
    expect(bytes.byteLength).toBeLessThan(1_000);
    const [frame] = new FrameReader({ slab }).push(bytes);
    expect(frame?.tensors).toEqual([large(), texts]);
  });

  it('is memory of the reader once it is read: what is written next does not change it', () => {
    const slab = create();
    const send = (tensor: Tensor) =>
      new FrameReader({ slab }).push(Buffer.concat(encodeFrame({}, [wholeTensor(tensor)], { slab })))[0]?.tensors[0];
    const first = send(large());
    send(fp32('x', [slabBytesMin / 4], new Array<number>(slabBytesMin / 4).fill(-1)));
    expect(first).toEqual(large());
  });

  it('is left alone by what is small, and by what is too large for it', () => {
    const slab = create();
    expect(slab?.write([new Uint8Array(slabBytesMin - 1)], slabBytesMin - 1)).toBe(false);
    expect(slab?.write([], slabBytesMax + 1)).toBe(false);
    expect(slab?.write([new Uint8Array(slabBytesMin)], slabBytesMin)).toBe(true);
  });

  it('is not read beyond what is there, nor beyond its limit, and not without it', () => {
    const slab = create();
    slab?.write([new Uint8Array(slabBytesMin)], slabBytesMin);
    expect(() => slab?.read(slabBytesMin + 1)).toThrow(/expected \d+ bytes of shared memory/);
    expect(() => slab?.read(slabBytesMax + 1)).toThrow(/at most/);
    expect(() => slab?.read(-1)).toThrow(/at most/);
    const bytes = Buffer.concat(encodeFrame({}, [wholeTensor(large())], { slab }));
    expect(() => new FrameReader().push(bytes)).toThrow(/there is no shared memory/);
  });

  it('gives way to the frame when it cannot be written', () => {
    const slab = create();
    slab?.close();
    const bytes = Buffer.concat(encodeFrame({}, [wholeTensor(large())], { slab }));
    expect(new FrameReader().push(bytes)[0]?.tensors).toEqual([large()]);
  });
});
