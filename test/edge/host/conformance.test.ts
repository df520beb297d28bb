import { blobKey } from '../../../edge/artifact-keys.js';
import { HostEngine } from '../../../edge/gateway/host-engine.js';
import { ResidencyBeliefs } from '../../../edge/gateway/residency-beliefs.js';
import { systemClock } from '../../../shared/time/clock.js';
import { startTestEdge } from '../../harness/edge.js';
import { makeVersion } from '../../harness/versions.js';
import { engineConformance } from '../../shared/engine/engine-conformance.js';

engineConformance('the ModelHost in workerd, as the gateway sees it', async () => {
  const edge = await startTestEdge();
  return {
    engine: new HostEngine(edge.host, new ResidencyBeliefs(systemClock)),
    async publish(graphs, stored = true) {
      const { target, blobs } = await makeVersion(graphs);
      if (stored) for (const [sha256, bytes] of blobs) await edge.bucket.put(blobKey(sha256), bytes);
      return target;
    },
    close: () => edge.dispose(),
  };
});
