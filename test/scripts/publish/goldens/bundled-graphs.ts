import { join } from 'node:path';
import { InMemory } from '../../../../scripts/publish/content/in-memory.js';
import { loadDefinition } from '../../../../scripts/publish/load-definition.js';
import { readFiles } from '../../../../scripts/publish/read-files.js';
import { readSignature } from '../../../../scripts/publish/read-signature.js';
import { projectRoot } from '../../../../scripts/local/project-root.js';
import type { ExamplesContext } from '../../../../scripts/publish/goldens/examples-of.js';
import type { GraphBytes } from '../../../../scripts/publish/throw-away-runner.js';
import type { TestModel } from '../../../harness/onnx.js';

export const graphOf = ({ bytes, externalData }: TestModel, file = 'a.onnx'): GraphBytes => ({
  file,
  model: bytes,
  externalData: Object.fromEntries(Object.entries(externalData).map(([name, data]) => [name, new InMemory(data)])),
});

/** A model of this project, with all that its examples are held against. */
export async function bundledModel(name: string): Promise<ExamplesContext> {
  const { definition, folder } = await loadDefinition(join(projectRoot(), 'models', name));
  const { graphs, refs, blobs } = await readFiles(definition, folder);
  const signatures = await Promise.all(
    Object.entries(graphs).map(async ([graph, bytes]) => {
      const declared = definition.graphs[graph]?.signature;
      return [graph, declared ?? (await readSignature(graph, bytes)).signature] as const;
    }),
  );
  const files = await Promise.all(
    Object.entries(refs.files).map(async ([file, { sha256 }]) => {
      return [file, (await blobs.get(sha256)?.bytes()) ?? new Uint8Array()] as const;
    }),
  );
  return { definition, graphs, signatures: Object.fromEntries(signatures), files: Object.fromEntries(files) };
}

/** A sample that lies in a model's folder. */
export const samplePath = (model: string, file: string): string => join(projectRoot(), 'models', model, file);
