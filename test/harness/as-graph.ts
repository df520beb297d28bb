import { InMemory } from '../../scripts/publish/content/in-memory.js';
import type { GraphBytes } from '../../scripts/publish/throw-away-runner.js';
import type { TestModel } from './onnx.js';

/** A test's model as publishing holds one. */
export const asGraph = ({ bytes, externalData }: TestModel): GraphBytes => ({
  file: 'a.onnx',
  model: bytes,
  externalData: Object.fromEntries(Object.entries(externalData).map(([name, data]) => [name, new InMemory(data)])),
});
