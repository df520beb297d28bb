import { type HandlerRegistry, handlerRegistry } from '../shared/handler/handler.js';
import { ocrLine1 } from './ocr-line/handler.js';
import { ocrPage1 } from './ocr-page/handler.js';
import { vad1 } from './vad/handler.js';

/**
 * Every handler that both tiers bundle, a line per version.
 *
 * To add a handler: write `models/<name>/handler.ts` (pure TypeScript, no node:*, no cloudflare:*), export a `Handler`
 * and add its line here. To change what a handler answers: write the changed one beside the old, with the next version,
 * and add its line; the old line stays for as long as a published version names it, so that rolling a model back rolls
 * its handler back.
 */
export const handlers: HandlerRegistry = handlerRegistry([ocrLine1, ocrPage1, vad1]);
