import type { GraphBytes } from './throw-away-runner.js';

/** A graph with its weights, in bytes. */
export const graphSize = ({ model, externalData }: Pick<GraphBytes, 'model' | 'externalData'>): number =>
  Object.values(externalData).reduce((sum, { byteLength }) => sum + byteLength, model.byteLength);
