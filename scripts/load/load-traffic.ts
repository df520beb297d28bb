import { z } from 'zod';
import { type Signature, signatureSchema } from '../../shared/protocol/tensor.js';
import { seededRandom } from '../seeded-random.js';
import type { HttpClient } from '../client/http-client.js';
import { modelPath } from '../commands/data-plane.js';
import { UsageError } from '../commands/usage-error.js';
import type { LoadBody } from './load-plan.js';
import { encodeV2Request, type LoadProtocol } from './traffic/encode-request.js';
import { generateTensors } from './traffic/generate-tensors.js';
import { bodiesAsTheyAre, bodiesInProtocol } from './traffic/make-bodies.js';
import { readTraffic } from './traffic/read-traffic.js';

export interface TrafficWish {
  readonly model: string;
  readonly version?: string | undefined;
  /** A file or a folder; absent: tensors by chance. */
  readonly traffic?: string | undefined;
  readonly predict: boolean;
  readonly contentType?: string | undefined;
  /** Absent: files go as they are, tensors by chance as binary ones. */
  readonly protocol?: LoadProtocol | undefined;
  /** `x=1,3,48,320` */
  readonly shapes: readonly string[];
  readonly seed: number;
}

export interface Traffic {
  readonly bodies: readonly LoadBody[];
  /** In words. */
  readonly from: string;
  readonly protocol: string;
}

/** The bodies to send. Asks the server for the model's signature where that is needed. */
export async function loadTraffic(wish: TrafficWish, http: HttpClient): Promise<Traffic> {
  const { traffic, predict, protocol, shapes } = wish;
  if (predict && traffic === undefined)
    throw new UsageError('--predict needs --traffic: what a handler takes is not known');
  if (predict && protocol !== undefined) throw new UsageError('expected either --predict or --protocol');
  if (traffic !== undefined && shapes.length > 0) throw new UsageError('expected either --traffic or --shape');
  if (traffic === undefined) return generated(wish, await signatureOf(wish, http));
  const items = await readTraffic(traffic, { predict, contentType: wish.contentType });
  if (protocol === undefined) return { bodies: bodiesAsTheyAre(items), from: traffic, protocol: 'as it is' };
  return { bodies: bodiesInProtocol(items, protocol, await signatureOf(wish, http), wish), from: traffic, protocol };
}

function generated(wish: TrafficWish, { inputs }: Signature): Traffic {
  const { protocol = 'binary', seed, shapes } = wish;
  const given = new Map(shapes.map(shapeOf));
  const tensors = generateTensors(inputs, given, seededRandom(seed));
  return { bodies: [encodeV2Request(tensors, protocol, wish)], from: `tensors by chance (seed ${seed})`, protocol };
}

function shapeOf(text: string): [string, number[]] {
  const at = text.lastIndexOf('=');
  const axes = text.slice(at + 1).split(',');
  if (at > 0 && axes.every((axis) => /^\d{1,9}$/.test(axis.trim()))) return [text.slice(0, at), axes.map(Number)];
  throw new UsageError(`expected --shape name=1,3,48,320, got "${text.slice(0, 64)}"`);
}

function signatureOf({ model, version }: TrafficWish, http: HttpClient): Promise<Signature> {
  const { inputs, outputs } = signatureSchema.shape;
  return http.json({ method: 'GET', path: modelPath('/v2', model, version) }, z.object({ inputs, outputs }));
}
