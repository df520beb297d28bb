import { parentPort } from 'node:worker_threads';
import { serveHandlers } from '../../../origin/handlers/serve-handlers.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import {
  type Handler,
  type HandlerContext,
  type HandlerInput,
  handlerRegistry,
  type Json,
} from '../../../shared/handler/handler.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

type Predict = (input: HandlerInput, context: HandlerContext) => Promise<Json> | Json;

const row = (values: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [values.length / 4, 4],
  data: Float32Array.from(values),
});

const doubled = async (context: HandlerContext, values: number[], graph = 'double'): Promise<number[]> => {
  const { y } = await context.run(graph, [row(values)]);
  return [...(y!.data as Float32Array)];
};

/** Handlers that do what real ones do, and what they must not. */
const predicts: Record<string, Predict> = {
  double: (input, context) => doubled(context, [...input.bytes]),
  loop: async (input, context) => {
    let values = [...input.bytes];
    for (let turn = 0; turn < 5; turn++) values = await doubled(context, values);
    return values;
  },
  many: async (input, context) => {
    const runs = Array.from({ length: Number(input.parameters['runs']) }, () => context.run('slow', [steps(input)]));
    await Promise.all(runs);
    return runs.length;
  },
  part: async (_, context) => {
    const whole = Float32Array.of(9, 9, 9, 9, 1, 2, 3, 4, 9, 9, 9, 9);
    const { y } = await context.run('double', [{ ...row([]), shape: [1, 4], data: whole.subarray(4, 8) }]);
    return [[...(y!.data as Float32Array)], whole.length];
  },
  describe: ({ contentType, parameters, bytes }, context) => ({
    contentType,
    parameters: { ...parameters },
    bytes: [...bytes],
    settings: { ...context.settings },
    label: new TextDecoder().decode(context.file('labels')),
  }),
  'missing-file': (_, context) => context.file('nothing').length,
  'missing-graph': (_, context) => doubled(context, [1, 2, 3, 4], 'nothing'),
  environment: () => Object.keys(process.env),
  refuse: () => {
    throw new BrinkError('bad-input', 'expected a better input');
  },
  throw: () => {
    throw new TypeError('secret of the handler');
  },
  exit: () => process.exit(3),
  hoard: () => {
    const hoard: unknown[] = [];
    for (;;) hoard.push(new Array(10_000).fill({}));
  },
  spin: () => {
    for (;;);
  },
  check: (_, context) => {
    for (;;) context.checkpoint();
  },
};

function steps(input: HandlerInput): Tensor {
  return { name: 'steps', datatype: 'INT64', shape: [1], data: BigInt64Array.of(BigInt(input.bytes[0] ?? 0)) };
}

const handlers = Object.entries(predicts).map(([name, predict]): Handler => ({
  name,
  version: 1,
  accepts: ['application/octet-stream'],

  predict: async (input, context) => predict(input, context),
}));

if (parentPort !== null) serveHandlers(handlerRegistry(handlers), parentPort);
