import { Socket } from 'node:net';
import { serveRunner } from './serve-runner.js';

/** The runner: a child of the origin that holds one version's sessions. Descriptor 3 is a socket to the origin. */
const socket = new Socket({ fd: 3, readable: true, writable: true });

// The server has gone, or speaks nonsense: either way there is nobody left to run for.
serveRunner(socket).then(
  () => process.exit(0),
  () => process.exit(1),
);
