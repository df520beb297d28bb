import { engineConformance } from '../../shared/engine/engine-conformance.js';
import { bundleOrigin, startTestOrigin } from '../harness.js';

engineConformance('the OriginEngine on real runners', async () => {
  const bundles = await bundleOrigin();
  const origin = await startTestOrigin(bundles);
  return {
    engine: origin.engine,
    async publish(graphs, stored = true) {
      const target = await origin.source.publish(graphs);
      if (!stored)
        for (const graph of Object.values(target.manifest.graphs)) origin.source.blobs.delete(graph.model.sha256);
      return target;
    },
    async close() {
      await origin.close();
      await bundles.remove();
    },
  };
});
