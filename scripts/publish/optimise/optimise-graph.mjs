// Optimises a graph with onnxruntime, in this process, which is thrown away. Standard input: JSON of
// { source, target, weights }: paths of the graph and of what is written, and the name of the file beside it that takes
// the weights, null for none. Standard output: one line of JSON, { error } with null when it is written.
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';

const { source, target, weights } = JSON.parse(readFileSync(0, 'utf8'));
/** Smaller ones stay in the graph: a file of their own would not make them cheaper. */
const externalBytesMin = '1024';

const line = { error: null };
try {
  await ort.InferenceSession.create(source, {
    // Not "all": what that writes is for this processor alone, and another file each time.
    graphOptimizationLevel: 'extended',
    optimizedModelFilePath: target,
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    ...(weights === null
      ? {}
      : {
          extra: {
            session: {
              optimized_model_external_initializers_file_name: weights,
              optimized_model_external_initializers_min_size_in_bytes: externalBytesMin,
            },
          },
        }),
  });
} catch (error) {
  line.error = error instanceof Error ? error.message : String(error);
}
process.stdout.write(`${JSON.stringify(line)}\n`, () => process.exit(0));
