process.env['ORT_DISABLE_TELEMETRY'] = '1';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { Definition } from '../../models/define.js';
import { definitionSchema } from '../../models/define.js';
import type { HandlerContext, Json } from '../../shared/handler/handler.js';
import { datatypeOfOrt, type FixedArray, fixedLayouts } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

const require = createRequire(import.meta.url);

/** The bytes behind a definition's `npm:` source, checked against its sha-256. */
async function readSource(source: {
  from: string;
  sha256?: string | undefined;
}): Promise<{ file: string; bytes: Uint8Array }> {
  const [scope, name, ...rest] = source.from.replace(/^npm:/, '').split('/');
  const root = path.join(require.resolve('zod'), '..', '..', scope ?? '', name ?? '');
  const file = path.join(root, ...rest);
  const bytes = new Uint8Array(await readFile(file));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== source.sha256) throw new Error(`${source.from} has sha-256 ${sha256}, not ${source.sha256 ?? 'any'}`);
  return { file, bytes };
}

/** A context that runs a definition's graphs with the real onnxruntime-node in this process. */
export class OrtContext implements HandlerContext {
  readonly settings: Record<string, Json>;
  /** How many graph runs there were. */
  runs = 0;
  readonly #sessions: Map<string, InferenceSession>;
  readonly #files: Map<string, Uint8Array>;

  private constructor(sessions: Map<string, InferenceSession>, files: Map<string, Uint8Array>, definition: Definition) {
    this.#sessions = sessions;
    this.#files = files;
    this.settings = definition.settings;
  }

  static async of(input: unknown, settings: Record<string, Json> = {}): Promise<OrtContext> {
    const definition = definitionSchema.parse(input);
    const { InferenceSession } = await import('onnxruntime-node'); // after the switch for telemetry
    const sessions = new Map<string, InferenceSession>();
    for (const [name, graph] of Object.entries(definition.graphs)) {
      const { bytes } = await readSource(graph);
      sessions.set(name, await InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 }));
    }
    const files = new Map<string, Uint8Array>();
    for (const [name, source] of Object.entries(definition.files)) files.set(name, (await readSource(source)).bytes);
    return new OrtContext(sessions, files, { ...definition, settings: { ...definition.settings, ...settings } });
  }

  async run(graph: string, inputs: readonly Tensor[]): Promise<Record<string, Tensor>> {
    const ort = await import('onnxruntime-node');
    this.runs++;
    const session = this.#sessions.get(graph);
    if (session === undefined) throw new Error(`no graph ${graph}`);
    const feeds = Object.fromEntries(
      inputs.map(({ name, datatype, shape, data }) => {
        if (datatype === 'BYTES') throw new Error('no string tensors here');
        const { ort: type } = fixedLayouts[datatype];
        return [name, new ort.Tensor(type, data, shape)];
      }),
    );
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, { type, dims, data }]) => {
        const datatype = datatypeOfOrt(type);
        if (datatype === undefined) throw new Error(`no datatype for ${type}`);
        return [name, { name, datatype, shape: [...dims], data: data as FixedArray }];
      }),
    );
  }

  file(name: string): Uint8Array {
    const bytes = this.#files.get(name);
    if (bytes === undefined) throw new Error(`no file ${name}`);
    return bytes;
  }

  checkpoint(): void {
    // nothing stops a test
  }
}
