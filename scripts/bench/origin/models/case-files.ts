import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ItemTensor, itemElements, type Sample, type ServingModel } from './serving-model.js';

/** What a process of the benchmark needs of a model. */
export interface ModelCase {
  readonly name: string;
  readonly graphPath: string;
  readonly input: ItemTensor;
  readonly output: ItemTensor;
  readonly samples: readonly Sample[];
}

interface CaseFile extends Omit<ModelCase, 'samples'> {
  readonly samplesPath: string;
}

/** Writes a model for other processes into a folder; answers the path that `readCase` takes. */
export async function writeCase(folder: string, model: ServingModel): Promise<string> {
  const { name, graph, input, output, samples } = model;
  const [graphPath, samplesPath] = [join(folder, `${name}.onnx`), join(folder, `${name}.samples`)];
  await writeFile(graphPath, graph);
  await writeFile(samplesPath, Buffer.concat(samples.flatMap((sample) => [sample.input, sample.output].map(bytesOf))));
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify({ name, graphPath, samplesPath, input, output } satisfies CaseFile));
  return path;
}

export async function readCase(path: string): Promise<ModelCase> {
  const { samplesPath, ...rest } = JSON.parse(await readFile(path, 'utf8')) as CaseFile;
  const floats = floatsOf(await readFile(samplesPath));
  const [inputs, outputs] = [itemElements(rest.input), itemElements(rest.output)];
  const samples: Sample[] = [];
  for (let at = 0; at < floats.length; at += inputs + outputs) {
    const [between, end] = [at + inputs, at + inputs + outputs];
    samples.push({ input: floats.subarray(at, between), output: floats.subarray(between, end) });
  }
  return { ...rest, samples };
}

export const bytesOf = (data: Float32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A copy: bytes from a socket or a file need not lie where floats may. */
export const floatsOf = (bytes: Uint8Array): Float32Array => new Float32Array(Uint8Array.from(bytes).buffer);
