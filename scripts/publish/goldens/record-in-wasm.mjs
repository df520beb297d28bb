// Runs a graph with onnxruntime-web, in this process, which is thrown away: each example twice, one after the other.
// Standard input: JSON of { model, externalData: [{ path, data }], runs: [[{ name, type, dims, file }]], out }, files by
// their paths. Standard output: lines of JSON, first { error } of loading it (null: it loads), then for each run
// { error, outputs: [[{ name, type, dims, file }]] }, outputs of both times; they are written to the folder `out`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web/wasm';

const times = 2;
const arrays = {
  bool: Uint8Array, uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array, int8: Int8Array,
  int16: Int16Array, int32: Int32Array, int64: BigInt64Array, float16: Uint16Array, float32: Float32Array,
  float64: Float64Array,
}; // prettier-ignore

ort.env.logLevel = 'fatal';
// One thread, nothing optimised: then the same bytes come out on every machine.
ort.env.wasm.numThreads = 1;

const job = JSON.parse(readFileSync(0, 'utf8'));
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const textOf = (error) => (error instanceof Error ? error.message : String(error));

function read({ type, dims, file }) {
  const bytes = readFileSync(file);
  if (type === 'string') return new ort.Tensor('string', JSON.parse(bytes.toString('utf8')), dims);
  const data = new arrays[type](new Uint8Array(bytes).buffer);
  // As it is done wherever we serve: halves are given as their bits.
  return type === 'float16'
    ? Object.assign(new ort.Tensor('uint16', data, dims), { type })
    : new ort.Tensor(type, data, dims);
}

function written(name, { type, dims, data }, file) {
  const isText = type === 'string';
  writeFileSync(file, isText ? JSON.stringify(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { name, type, dims, file };
}

let session;
try {
  session = await ort.InferenceSession.create(readFileSync(job.model), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
    externalData: job.externalData.map(({ path, data }) => ({ path, data: readFileSync(data) })),
  });
  tell({ error: null });
} catch (error) {
  tell({ error: textOf(error) });
  process.exit(0);
}
for (const [run, inputs] of job.runs.entries()) {
  try {
    const outputs = [];
    for (let time = 0; time < times; time += 1) {
      const feeds = Object.fromEntries(inputs.map((input) => [input.name, read(input)]));
      const results = await session.run(feeds);
      const fileOf = (at) => join(job.out, `${run}-${time}-${at}`);
      outputs.push(session.outputNames.map((name, at) => written(name, results[name], fileOf(at))));
    }
    tell({ error: null, outputs });
  } catch (error) {
    tell({ error: textOf(error), outputs: [] });
  }
}
process.stdout.write('', () => process.exit(0));
