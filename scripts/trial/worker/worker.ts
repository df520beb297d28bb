import { toFailure, toBrinkError } from '../../../shared/errors/brink-error.js';
import { decodeTensors, encodeTensors } from '../tensor-body.js';
import {
  figuresHeader,
  type LoadAsked,
  type ReleaseAsked,
  type RunAsked,
  type TrialFailure,
} from '../trial-protocol.js';
import { readParts } from './read-parts.js';
import { TrialIsolate } from './trial-isolate.js';

interface Env {
  readonly HEAP_BYTES_MAX: string;
}

// The isolate's one runtime: onnxruntime-web can be started once.
let isolate: TrialIsolate | undefined;

/** The edge's own runtime, where graphs are tried before they are published. No shipped Worker has this. */
const trialWorker: ExportedHandler<Env> = {
  async fetch(request, env) {
    try {
      isolate ??= new TrialIsolate(Number(env.HEAP_BYTES_MAX));
      return await answer(request, isolate);
    } catch (thrown) {
      const error = toBrinkError(thrown);
      const { cause } = error;
      const said = cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : null;
      return Response.json({ failure: toFailure(error), cause: said } satisfies TrialFailure, { status: 500 });
    }
  },
};
export default trialWorker;

async function answer(request: Request, trial: TrialIsolate): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const asked: unknown = JSON.parse(searchParams.get('ask') ?? '{}');
  switch (pathname) {
    case '/start':
      return Response.json({ startMs: await trial.start() });
    case '/load': {
      const load = asked as LoadAsked;
      const [model = new Uint8Array(), ...rest] = await readParts(request, [load.modelBytes, ...load.files.map(({ bytes }) => bytes)]); // prettier-ignore
      const external = load.files.map(({ path }, at) => ({ path, data: rest[at] ?? new Uint8Array() }));
      return Response.json(await trial.load(load, model, external));
    }
    case '/run': {
      const { outputs, ...figures } = await trial.run(asked as RunAsked, decodeTensors(await request.bytes()));
      return new Response(encodeTensors(outputs), { headers: { [figuresHeader]: JSON.stringify(figures) } });
    }
    case '/release':
      await trial.release((asked as ReleaseAsked).name);
      return Response.json({});
    default:
      return new Response('no such route', { status: 404 });
  }
}
