import { startOrt } from '../../edge/host/ort-start.js';
import snapshotFile from '../../edge/host/ort-start.bin';

const heapBytesMax = 64 * 1024 * 1024;

/** Snapshots that onnxruntime is to start from, by what is wrong with them. */
const snapshots: Readonly<Record<string, () => ArrayBuffer>> = {
  good: () => snapshotFile,
  empty: () => new ArrayBuffer(0),
  'whose head is damaged': () => {
    const damaged = new Uint8Array(snapshotFile.slice(0));
    damaged.fill(0, 4, 40);
    return damaged.buffer;
  },
  cut: () => snapshotFile.slice(0, -4),
  'of another start': () => withHead(({ hashBefore, ...head }) => ({ ...head, hashBefore: (hashBefore + 1) >>> 0 })),
  'of another memory': () => withHead(({ memoryBytes, ...head }) => ({ ...head, memoryBytes: 2 * memoryBytes })),
  'of another build': () => withHead((head) => ({ ...head, initExport: 'no such export' })),
};

type Head = { hashBefore: number; memoryBytes: number; initExport: string };

function withHead(change: (head: Head) => object): ArrayBuffer {
  const headLength = new DataView(snapshotFile).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(snapshotFile.slice(4, 4 + headLength))) as Head;
  const changed = new TextEncoder().encode(JSON.stringify(change(head)));
  const body = snapshotFile.slice(Math.ceil((4 + headLength) / 4) * 4);
  const at = Math.ceil((4 + changed.length) / 4) * 4;
  const file = new Uint8Array(at + body.byteLength);
  new DataView(file.buffer).setUint32(0, changed.length, true);
  file.set(changed, 4);
  file.set(new Uint8Array(body), at);
  return file.buffer;
}

/** Starts onnxruntime from the snapshot that the query names, then loads the body's graph and runs it on its one input. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const snapshot = snapshots[searchParams.get('snapshot') ?? '']?.();
    const model = new Uint8Array(await request.arrayBuffer());
    const started = await startOrt(heapBytesMax, snapshot);
    const { ort, fromSnapshot } = started;
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
    const shape = (searchParams.get('shape') ?? '').split(',').map(Number);
    const data = Float32Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, at) => (at % 17) / 17);
    const [input = ''] = session.inputNames;
    const results = await session.run({ [input]: new ort.Tensor(data, shape) });
    const [output] = Object.values(results);
    return Response.json({ fromSnapshot, heapBytes: started.heapBytes(), output: [...(output?.data as Float32Array)] });
  },
} satisfies ExportedHandler;
