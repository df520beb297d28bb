// Tries to load graphs with onnxruntime-web, in this process, which is thrown away. Standard input: JSON of
// [{ model, externalData: [{ path, data }] }], all of them paths of files. Standard output: for each one line of JSON,
// { error } with null for one that loads.
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-web/wasm';

ort.env.logLevel = 'fatal';
ort.env.wasm.numThreads = 1;

for (const { model, externalData } of JSON.parse(readFileSync(0, 'utf8'))) {
  const line = { error: null };
  try {
    const session = await ort.InferenceSession.create(readFileSync(model), {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'disabled', // or what is missing might be optimised away
      logSeverityLevel: 4,
      externalData: externalData.map(({ path, data }) => ({ path, data: readFileSync(data) })),
    });
    await session.release();
  } catch (error) {
    line.error = error instanceof Error ? error.message : String(error);
  }
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
process.exit(0);
