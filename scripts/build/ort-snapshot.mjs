// Records what onnxruntime-web's start leaves in its memory, for edge/host/ort-snapshot.ts, in edge/host/ort-start.bin
// (generated, not committed). onnxruntime is started as the edge starts it, in this process, and what its memory has
// become is compared with what it was. The same wasm gives the same file: it is written once for each.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const snapshotFile = join(root, 'edge', 'host', 'ort-start.bin');
const distFolder = join(dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm')));
/** Changed when what is recorded changes though the wasm does not. */
const formatVersion = 4;
/** What is compared at once. Small, because what differs between Node and workerd (LANG) must not lie in a run. */
const chunkBytes = 64;

/** As in edge/host/ort-start.ts. */
export const identityGraph = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0=';

/** Writes the file unless it is that of the wasm that is installed. Throws when onnxruntime starts otherwise than known. */
export async function recordOrtSnapshot() {
  const wasm = readFileSync(join(distFolder, 'ort-wasm-simd-threaded.wasm'));
  const of = `${formatVersion}:${createHash('sha256').update(wasm).digest('hex')}`;
  if (existsSync(snapshotFile) && isWhole(readFileSync(snapshotFile), of)) return;
  const glue = readFileSync(join(distFolder, 'ort-wasm-simd-threaded.mjs'), 'utf8');
  const initExport = /\b_OrtInit=\w+\.(\w+)/.exec(glue)?.[1];
  if (initExport === undefined) throw new Error('expected the glue of onnxruntime-web to name the export of _OrtInit');
  const { before, after } = await startOrt(wasm, initExport);
  if (before.length !== after.length) throw new Error('expected the start of onnxruntime not to grow its memory');
  const runs = differingRuns(before, after);
  const parts = runs.map(([offset, length]) => after.subarray(offset, offset + length));
  const head = {
    of,
    sha256: sha256Of(parts),
    initExport,
    memoryBytes: after.length,
    hashBefore: hashOf(before, runs),
    runs,
  };
  write(head, parts);
}

async function startOrt(wasm, initExport) {
  const { instantiate, Memory } = WebAssembly;
  const module = new WebAssembly.Module(wasm);
  let memory;
  let before;
  WebAssembly.Memory = function (descriptor) {
    const made = new Memory(descriptor);
    if (descriptor.initial > 0) memory = made;
    return made;
  };
  WebAssembly.instantiate = async (_bytes, imports) => {
    const instance = await instantiate(module, imports);
    const init = instance.exports[initExport];
    const recording = (...args) => {
      before = new Uint8Array(memory.buffer).slice();
      return init(...args);
    };
    return { instance: { exports: { ...instance.exports, [initExport]: recording } }, module };
  };
  const restore = asInWorkerd();
  try {
    const ort = await import(pathToFileURL(join(distFolder, 'ort.wasm.min.mjs')).href);
    ort.env.logLevel = 'fatal';
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = new ArrayBuffer(0);
    const session = await ort.InferenceSession.create(Buffer.from(identityGraph, 'base64'), { logSeverityLevel: 4 });
    await session.release();
  } finally {
    WebAssembly.instantiate = instantiate;
    WebAssembly.Memory = Memory;
    restore();
  }
  return { before, after: new Uint8Array(memory.buffer) };
}

/** What the wasm is told of its surroundings lies in its memory: the program's name and the language, as workerd has them. */
function asInWorkerd() {
  const { argv } = process;
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  process.argv = argv.slice(0, 1);
  Object.defineProperty(globalThis, 'navigator', { value: { language: 'en', languages: ['en'] }, configurable: true });
  return () => {
    process.argv = argv;
    if (navigator === undefined) delete globalThis.navigator;
    else Object.defineProperty(globalThis, 'navigator', navigator);
  };
}

function differingRuns(before, after) {
  const [one, other] = [before, after].map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const runs = [];
  for (let offset = 0; offset < one.length; offset += chunkBytes) {
    if (one.compare(other, offset, offset + chunkBytes, offset, offset + chunkBytes) === 0) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === offset) last[1] += chunkBytes;
    else runs.push([offset, chunkBytes]);
  }
  return runs;
}

/** As in edge/host/ort-snapshot.ts. */
function hashOf({ buffer, byteOffset }, runs) {
  let hash = 0x811c9dc5;
  for (const [offset, length] of runs) {
    for (const word of new Uint32Array(buffer, byteOffset + offset, length / 4))
      hash = Math.imul(hash ^ word, 0x01000193);
  }
  return hash >>> 0;
}

function write(head, parts) {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const padding = Buffer.alloc((4 - ((4 + json.length) % 4)) % 4);
  const temporary = `${snapshotFile}.${process.pid}.part`;
  writeFileSync(temporary, Buffer.concat([length, json, padding, ...parts]));
  renameSync(temporary, snapshotFile);
}

/** Whether a file is of this wasm, and as it was written. */
function isWhole(file, of) {
  try {
    const headLength = file.readUInt32LE(0);
    const head = JSON.parse(file.subarray(4, 4 + headLength).toString('utf8'));
    return head.of === of && head.sha256 === sha256Of([file.subarray(Math.ceil((4 + headLength) / 4) * 4)]);
  } catch {
    return false;
  }
}

function sha256Of(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await recordOrtSnapshot();
