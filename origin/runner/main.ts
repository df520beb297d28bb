import { Socket, type SocketConstructorOpts } from 'node:net';
import { dieFirst } from './die-first.js';
import { endWithParent } from './end-with-parent.js';
import { serveRunner } from './serve-runner.js';

/**
 * The runner: a child of the origin that holds one version's sessions. Descriptor 3 is a socket to the origin; the
 * only argument is the origin's process id.
 */
dieFirst();
endWithParent(Number(process.argv[2]));
serveRunner((onread) => new Socket({ fd: 3, readable: true, writable: true, onread } as SocketConstructorOpts)).then(
  // The server has gone, or speaks nonsense: either way there is nobody left to run for.
  () => process.exit(0),
  () => process.exit(1),
);
