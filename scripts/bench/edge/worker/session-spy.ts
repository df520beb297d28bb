import { InferenceSession } from 'onnxruntime-web/wasm';

type Create = (model: Uint8Array, options?: InferenceSession.SessionOptions) => Promise<InferenceSession>;

const sessions = new Map<number, InferenceSession>();

/**
 * Remembers the sessions that the edge's own code creates in this isolate, by the bytes of their graph: a raw run is
 * then a run of the very session that also answers requests.
 */
export function spyOnSessions(): void {
  const spied = InferenceSession as unknown as { create: Create };
  const create = spied.create.bind(InferenceSession);
  spied.create = async (model, options) => {
    const { byteLength } = model;
    const session = await create(model, options);
    sessions.set(byteLength, session);
    return session;
  };
}

export function sessionOf(modelBytes: number): InferenceSession {
  const session = sessions.get(modelBytes);
  if (session !== undefined) return session;
  throw new Error(`no session of a graph of ${modelBytes} bytes has been created in this isolate`);
}
