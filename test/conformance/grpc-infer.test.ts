import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel, echoModel, slowModel } from '../harness/onnx.js';
import { seededRandom } from '../harness/random.js';
import { sampleTensors } from '../harness/tensors.js';
import type { GrpcReply, Message } from '../origin/grpc/grpc-client.js';
import { rawRequest, typedRequest } from '../origin/grpc/wire-tensors.js';
import { randomTensor } from '../shared/protocol/random-tensor.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { ask } from '../harness/stack.js';
import { GrpcOrigin } from './grpc-origin.js';

let origin: GrpcOrigin;
let digest: string;
beforeAll(async () => {
  origin = await GrpcOrigin.start();
  digest = await origin.stack.releaseTest('echo', echoModel());
  await origin.stack.releaseTest('double', doubleModel());
  await origin.stack.releaseTest('slow', slowModel());
});
afterAll(() => origin.dispose());

const x = (values: readonly number[], shape = [values.length / 4, 4]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});
const twice = (more: Message = {}): Message => rawRequest('double', [x([1, 2, 3, 4])], more);
const floatsOf = ({ message }: GrpcReply): number[] => {
  const [bytes] = message['raw_output_contents'] as Buffer[];
  return [...new Float32Array(Uint8Array.from(bytes!).buffer)];
};
const names = ({ message }: GrpcReply): unknown[] => (message['outputs'] as Message[]).map(({ name }) => name);

describe('ModelInfer', () => {
  it('hands back every datatype to the bit, with its shape', async () => {
    const random = seededRandom(11);
    const { signature } = echoModel();
    for (const tensors of [
      sampleTensors(),
      signature.inputs.map(({ name, datatype }) => flat(name, datatype, random)),
    ]) {
      const request = rawRequest('echo', tensors, { id: 'an id' });
      const reply = await origin.call('ModelInfer', request);
      expect(reply, reply.text).toMatchObject({
        status: 'OK',
        message: { model_name: 'echo', model_version: 'v1', id: 'an id' },
      });
      expect(reply.message['raw_output_contents']).toEqual(request['raw_input_contents']);
      expect(reply.message['outputs']).toMatchObject(
        tensors.map(({ name, datatype, shape }) => ({ name: name.replace('in_', 'out_'), datatype, shape })),
      );
      expect(reply.trailers).toMatchObject({ 'x-brink-digest': digest, 'x-brink-served-by': 'origin' });
    }
  });

  it('answers typed contents in typed contents', async () => {
    const reply = await origin.call('ModelInfer', typedRequest('double', [x([1, -2, 0.5, 4])]));
    expect(reply.message).toMatchObject({
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 4], contents: { fp32_contents: [2, -4, 1, 8] } }],
      raw_output_contents: [],
    });
  });

  it('answers the outputs that are asked for, in that order', async () => {
    const outputs = [{ name: 'out_BYTES' }, { name: 'out_INT8' }];
    const reply = await origin.call('ModelInfer', rawRequest('echo', sampleTensors(), { outputs }));
    expect(names(reply)).toEqual(['out_BYTES', 'out_INT8']);
  });

  it('classifies an output', async () => {
    const outputs = [{ name: 'y', parameters: { classification: { int64_param: 2 } } }];
    const reply = await origin.call('ModelInfer', typedRequest('double', [x([1, 9, 3, 4])], { outputs }));
    const [output] = reply.message['outputs'] as { datatype: string; shape: number[]; contents: Message }[];
    expect(output).toMatchObject({ datatype: 'BYTES', shape: [1, 2] });
    expect((output!.contents['bytes_contents'] as Buffer[]).map(String)).toEqual([
      expect.stringMatching(/^18(\.0+)?:1$/),
      expect.stringMatching(/^8(\.0+)?:3$/),
    ]);
  });

  it('answers a version that is named, and says when there is none of that name', async () => {
    expect(floatsOf(await origin.call('ModelInfer', twice({ model_version: 'v1' })))).toEqual([2, 4, 6, 8]);
    expect(await origin.call('ModelInfer', twice({ model_version: 'v9' }))).toMatchObject({ status: 'NOT_FOUND', code: 'unknown-version' }); // prettier-ignore
    expect(await origin.call('ModelInfer', { ...twice(), model_name: 'nope' })).toMatchObject({ status: 'NOT_FOUND', code: 'unknown-model' }); // prettier-ignore
  });

  it('does not run what cannot be done in the timeout that the request names', async () => {
    const parameters = { timeout: { int64_param: 1 } };
    expect(await origin.call('ModelInfer', twice({ parameters }))).toMatchObject({ status: 'DEADLINE_EXCEEDED', code: 'deadline-exceeded' }); // prettier-ignore
    const priority = { priority: { uint64_param: '18446744073709551615' } };
    expect(await origin.call('ModelInfer', twice({ parameters: priority }))).toMatchObject({ code: 'bad-parameter' });
  });

  it('goes on after callers who leave in the middle of a run', async () => {
    const steps: Tensor = { name: 'steps', datatype: 'INT64', shape: [1], data: BigInt64Array.of(3_000n) };
    const leaving = await origin.call('ModelInfer', rawRequest('slow', [steps]), { deadline: Date.now() + 100 });
    expect(leaving.status).toBe('DEADLINE_EXCEEDED');
    const one: Tensor = { ...steps, data: BigInt64Array.of(1n) };
    expect(await origin.call('ModelInfer', rawRequest('slow', [one]))).toMatchObject({ status: 'OK' });
  });

  it('says the same of the same fault as REST does', async () => {
    const cases: [Message, object][] = [
      [rawRequest('double', [x([1, 2, 3, 4], [1, 2, 2])]), { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2, 2], data: [1, 2, 3, 4] }] }], // prettier-ignore
      [rawRequest('double', [{ ...x([1, 2, 3, 4]), name: 'z' }]), { inputs: [{ name: 'z', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] }], // prettier-ignore
      [rawRequest('double', []), { inputs: [] }],
      [twice({ outputs: [{ name: 'q' }] }), { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }], outputs: [{ name: 'q' }] }], // prettier-ignore
      [typedRequest('double', [{ ...x([1, 2, 3]), shape: [1, 4] }]), { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3] }] }], // prettier-ignore
      [twice({ parameters: { timeout: { string_param: 'x' } } }), { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }], parameters: { timeout: 'x' } }], // prettier-ignore
    ];
    for (const [message, json] of cases) {
      const grpc = await origin.call('ModelInfer', message);
      const headers = { authorization: 'Bearer test-admin-token-0123456789', 'content-type': 'application/json' };
      const rest = await ask(`${origin.stack.originUrl}/v2/models/double/infer`, {
        body: JSON.stringify(json),
        headers,
      });
      expect(grpc.status).toBe('INVALID_ARGUMENT');
      expect({ code: grpc.code, text: grpc.text }).toEqual({ code: rest.code, text: rest.json()['error'] });
    }
  });

  it('never answers a version that was rolled back, in a call or in a stream', async () => {
    await origin.stack.releaseTest('shaky', doubleModel(2), 'v1');
    const stream = origin.stream();
    const asked = (id: string, version = ''): Message =>
      rawRequest('shaky', [x([1, 1, 1, 1])], { id, model_version: version });
    stream.send(asked('before'));
    await stream.received(1);
    await origin.stack.releaseTest('shaky', doubleModel(3), 'v2');
    await origin.stack.admin.rollback('shaky', { why: 'test' });
    stream.send(asked('after'));
    stream.send(asked('named', 'v2'));
    const answers = new Map(
      (await stream.received(3)).map((answer) => [(answer['infer_response'] as Message)['id'], answer]),
    );
    stream.call.end();
    expect(answers.get('after')).toMatchObject({ error_message: '', infer_response: { model_version: 'v1' } });
    expect(answers.get('named')).toMatchObject({ infer_response: { parameters: { brink_code: { string_param: 'version-fenced' } } } }); // prettier-ignore
    expect(floatsOf(await origin.call('ModelInfer', asked('')))).toEqual([2, 2, 2, 2]);
    expect(await origin.call('ModelInfer', asked('', 'v2'))).toMatchObject({ status: 'NOT_FOUND', code: 'version-fenced' }); // prettier-ignore
  });
});

describe('ModelStreamInfer', () => {
  it('answers a hundred messages of two models, each with its id, and faults in the middle', async () => {
    const stream = origin.stream();
    for (let id = 0; id < 100; id += 1) {
      if (id % 10 === 9) stream.send({ ...twice({ id: String(id) }), model_name: 'nope' });
      else if (id % 2 === 0) stream.send(rawRequest('double', [x([id, 0, 0, 0])], { id: String(id) }));
      else stream.send(rawRequest('echo', sampleTensors(), { id: String(id), outputs: [{ name: 'out_INT8' }] }));
    }
    stream.call.end();
    expect((await stream.ended).status).toBe('OK');
    const answers = new Map(
      stream.answers.map((answer) => [Number((answer['infer_response'] as Message)['id']), answer]),
    );
    expect(answers.size).toBe(100);
    for (const [id, answer] of answers) {
      const [bytes] = (answer['infer_response'] as Message)['raw_output_contents'] as Buffer[];
      if (id % 10 === 9) expect(answer['error_message']).toContain('nope');
      else if (id % 2 === 0) expect(bytes!.readFloatLE()).toBe(2 * id);
      else expect(bytes).toEqual(Buffer.from([0x80, 0xff, 0x7f]));
    }
  });
});

/** A random tensor as the vector that `echo` takes; native strings of onnxruntime end at NUL. */
function flat(name: string, datatype: Tensor['datatype'], random: () => number): Tensor {
  const tensor = randomTensor(name, datatype, random);
  const data = ArrayBuffer.isView(tensor.data) ? tensor.data : tensor.data.map((text) => text.replaceAll('\0', '?'));
  return { ...tensor, data, shape: [data.length] };
}
