import type { Signature } from '../../shared/protocol/tensor.js';
import { type Artifact, chooseArtifact } from './optimise/choose-artifact.js';
import { passGate } from './pass-gate.js';
import { readSignature } from './read-signature.js';
import type { GraphBytes, InspectOptions } from './throw-away-runner.js';

export interface CompileOptions extends InspectOptions {
  readonly optimise: boolean;
  readonly forEdge: boolean;
  readonly onStage: (stage: 'inspect' | 'optimise') => void;
}

export interface CompiledGraph {
  readonly signature: Signature;
  readonly artifact: Artifact;
}

/** A graph as its author has it → what is stored of it: past the gate, run once, optimised and proven. */
export async function compileGraph(name: string, graph: GraphBytes, options: CompileOptions): Promise<CompiledGraph> {
  options.onStage('inspect');
  passGate(name, graph);
  const { signature, run } = await readSignature(name, graph, options);
  if (!options.optimise) return { signature, artifact: { graph, optimised: false, why: 'as was asked for' } };
  options.onStage('optimise');
  return { signature, artifact: await chooseArtifact(name, graph, { ...options, run }) };
}
