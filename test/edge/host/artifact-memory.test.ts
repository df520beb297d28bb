import { describe, expect, it } from 'vitest';
import { ArtifactMemory } from '../../../edge/host/artifact-memory.js';

describe('the memory of artifacts', () => {
  it('is what is held now, and the most that was, in all and since a moment', () => {
    const memory = new ArtifactMemory();
    const files = memory.hold();
    files.add(10);
    const graph = memory.hold();
    graph.add(100);
    graph.add(5);
    graph.end();
    graph.end();
    const watch = memory.watch();
    const second = memory.hold();
    second.add(50);
    second.end();
    watch.end();
    memory.hold().add(1_000);
    expect([memory.heldBytes, memory.peakBytes, watch.peakBytes]).toEqual([1_010, 1_010, 60]);
    files.end();
    expect(memory.heldBytes).toBe(1_000);
  });
});
