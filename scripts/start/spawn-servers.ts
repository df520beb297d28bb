import { join } from 'node:path';
import type { Credentials } from '../local/credentials.js';
import { spawnOrigin } from '../local/origin.js';
import { ListeningProcess } from '../local/processes.js';
import type { ServerVars } from './server-vars.js';
import { type EdgeConfig, edgeConfigVariable } from './edge-config.js';

export interface Place {
  readonly home: string;
  readonly projectRoot: string;
  readonly edgePort: number;
  readonly originPort: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
  readonly withOrigin: boolean;
  readonly serverVars: ServerVars;
}

export const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

export function spawnEdge(place: Place, secrets: Credentials, onLine: (line: string) => void): ListeningProcess {
  const config: EdgeConfig = {
    port: place.edgePort,
    stateDir: join(place.home, 'edge'),
    vars: {
      ORIGIN_URL: place.withOrigin ? urlOf(place.originPort) : '',
      ORIGIN_KEY: secrets.originKey,
      ADMIN_TOKENS: `local=${secrets.adminToken}`,
      ARTIFACT_TOKENS: `origin=${secrets.artifactToken}`,
      INFERENCE_KEYS: '', // open to whoever is on this machine, unless the next line says otherwise
      ...place.serverVars.edge,
    },
  };
  return new ListeningProcess({
    name: 'the edge',
    script: join(place.projectRoot, 'dist', 'edge-dev.js'),
    env: { ...process.env, [edgeConfigVariable]: JSON.stringify(config) },
    onLine,
  });
}

export function spawnLocalOrigin(place: Place, secrets: Credentials, onLine: (line: string) => void): ListeningProcess {
  return spawnOrigin({
    port: place.originPort,
    edgeUrl: urlOf(place.edgePort),
    cacheDir: join(place.home, 'origin'),
    env: {
      ...place.serverVars.origin,
      ORIGIN_GRPC_PORT: String(place.grpcPort),
      ORIGIN_METRICS_PORT: String(place.metricsPort),
      ARTIFACT_TOKEN: secrets.artifactToken,
      INFERENCE_KEYS: `edge=${secrets.originKey}`,
      ADMIN_TOKENS: `local=${secrets.adminToken}`,
    },
    onLine,
  });
}
