import { Socket, type SocketConstructorOpts } from 'node:net';
import { dieFirst } from './die-first.js';
import { endWithParent } from './end-with-parent.js';
import { giveWay } from './give-way.js';
import { serveRunner } from './serve-runner.js';
import { sameMemory } from './same-memory.js';
import { Slab } from './slab.js';

/**
 * The runner: a child of the origin that holds one version's sessions. Descriptor 3 is a socket to the origin. The
 * arguments are the origin's process id, and `slabs` when descriptors 4 and 5 are memory for inputs and for outputs.
 */
dieFirst();
giveWay();
endWithParent(Number(process.argv[2]));
const slabs = process.argv[3] === 'slabs' ? { inputs: new Slab(4, sameMemory()), outputs: new Slab(5) } : undefined;
serveRunner(
  (onread) => new Socket({ fd: 3, readable: true, writable: true, onread } as SocketConstructorOpts),
  slabs,
).then(
  // The server has gone, or speaks nonsense: either way there is nobody left to run for.
  () => process.exit(0),
  () => process.exit(1),
);
