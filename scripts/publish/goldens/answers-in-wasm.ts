import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOfTensor, dataFromBytes } from '../../../shared/protocol/binary-data.js';
import { datatypeOfOrt, fixedLayouts } from '../../../shared/protocol/datatype.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { graphSize } from '../graph-size.js';
import { projectRoot } from '../../local/project-root.js';
import type { GraphBytes, InspectOptions } from '../throw-away-runner.js';
import { throwAwayScript } from '../throw-away-script.js';
import type { Example } from './example.js';
import { withOneNan } from './with-one-nan.js';

/** What a graph answered to one example, both times that it was asked. */
export type TwoAnswers = readonly [first: readonly Tensor[], second: readonly Tensor[]];

/** Long: on a slow machine a version must not become another one. */
const wasmTimeoutMs = 600_000;
/** Of its process: the heap of 4 GiB, and files on their way into it. */
const wasmMemoryBytesMax = 8 * 1024 ** 3;
/** A wasm heap has 4 GiB, and while it loads a graph lies in it twice. */
const graphBytesMax = 1.5 * 1024 ** 3;

interface TensorFile {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly file: string;
}

/**
 * What a graph answers in onnxruntime-web, in a process that is thrown away: on one thread and with nothing optimised it
 * gives the same bytes on every machine, which native kernels do not. A text says why it cannot: it does not load, or
 * refuses an example, or takes too long or too much.
 */
export async function answersInWasm(
  graph: GraphBytes,
  examples: readonly Example[],
  { timeoutMs = wasmTimeoutMs, memoryBytesMax = wasmMemoryBytesMax, signal }: InspectOptions = {},
): Promise<readonly TwoAnswers[] | string> {
  const graphBytes = graphSize(graph);
  if (graphBytes > graphBytesMax) return `its ${graphBytes} bytes are too many for a wasm heap`;
  signal?.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'brink-goldens-'));
  try {
    const input = JSON.stringify(await jobIn(folder, graph, examples));
    const script = join(projectRoot(), 'scripts', 'publish', 'goldens', 'record-in-wasm.mjs');
    const lines = await throwAwayScript({ script, cwd: folder, input, timeoutMs, memoryBytesMax, signal });
    signal?.throwIfAborted();
    const [loaded, ...runs] = lines.map((line) => JSON.parse(line) as WasmLine);
    const fault = [loaded, ...runs].find((line) => line !== undefined && line.error !== null)?.error;
    if (typeof fault === 'string') return `onnxruntime-web says: ${fault.replaceAll(/\s+/g, ' ').slice(0, 300)}`;
    if (runs.length < examples.length) return 'it takes too long in wasm, or more memory than there is';
    return await Promise.all(runs.map(async ({ outputs: [first = [], second = []] = [] }): Promise<TwoAnswers> => {
      return [await Promise.all(first.map(tensorOf)), await Promise.all(second.map(tensorOf))];
    })); // prettier-ignore
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface WasmLine {
  readonly error: string | null;
  readonly outputs?: readonly (readonly TensorFile[])[];
}

async function jobIn(folder: string, graph: GraphBytes, examples: readonly Example[]): Promise<object> {
  const model = join(folder, 'graph.onnx');
  const out = join(folder, 'out');
  await mkdir(out);
  await writeFile(model, graph.model);
  const externalData = await Promise.all(
    Object.entries(graph.externalData).map(async ([path, content], at) => {
      const data = join(folder, `data-${at}`);
      await content.writeTo(data);
      return { path, data };
    }),
  );
  const runs = examples.map(({ inputs }, run) =>
    Promise.all(inputs.map((tensor, at) => fileOf(tensor, join(folder, `input-${run}-${at}`)))),
  );
  return { model, externalData, runs: await Promise.all(runs), out };
}

async function fileOf(tensor: Tensor, file: string): Promise<TensorFile> {
  const { name, datatype, shape, data } = tensor;
  const isText = datatype === 'BYTES';
  await writeFile(file, isText ? JSON.stringify(data) : bytesOfTensor(tensor));
  return { name, type: isText ? 'string' : fixedLayouts[datatype].ort, dims: shape, file };
}

async function tensorOf({ name, type, dims, file }: TensorFile): Promise<Tensor> {
  const datatype = datatypeOfOrt(type);
  if (datatype === undefined) throw new Error(`expected a datatype of the protocol, got ${type}`);
  const bytes = await readFile(file);
  const shape = [...dims];
  if (datatype === 'BYTES') return { name, datatype, shape, data: JSON.parse(bytes.toString('utf8')) as string[] };
  const count = shape.reduce((product, size) => product * size, 1);
  return withOneNan({
    name,
    datatype,
    shape,
    data: dataFromBytes({ name, datatype, shape, count }, bytes, defaultLimits),
  });
}
