import { parentPort } from 'node:worker_threads';
import { handlers } from '../../models/registry.js';
import { serveHandlers } from './serve-handlers.js';

/** The entry of a handler's worker thread. */
if (parentPort === null) throw new Error('this file is the entry of a worker thread');
serveHandlers(handlers, parentPort);
