import { bytesOfTensor } from '../../shared/protocol/binary-data.js';
import type { InferResponse } from '../../shared/protocol/infer.js';
import { contentsFieldOf } from './contents-field.js';
import { contentsOf } from './encode-contents.js';
import { FieldWriter } from '../../shared/protobuf/field-writer.js';

/** How an answer's tensors travel: as they came, but raw where a datatype has no other way. */
export function answersRaw(requestWasRaw: boolean, { outputs }: InferResponse): boolean {
  return requestWasRaw || outputs.some(({ datatype }) => contentsFieldOf(datatype) === undefined);
}

/** `ModelInferResponse`. Each tensor of a fixed datatype that goes raw is copied once, into the message. */
export function inferResponseMessage(response: InferResponse, raw: boolean): FieldWriter {
  const message = new FieldWriter().text(1, response.modelName);
  if (response.modelVersion !== '') message.text(2, response.modelVersion);
  if (response.id !== undefined) message.text(3, response.id);
  for (const output of response.outputs) {
    const tensor = new FieldWriter().text(1, output.name).text(2, output.datatype).packed(3, output.shape);
    if (!raw) tensor.message(5, contentsOf(output));
    message.message(5, tensor);
  }
  if (raw) for (const output of response.outputs) message.bytes(6, bytesOfTensor(output));
  return message;
}

/** `ModelStreamInferResponse` of an answer. */
export function streamAnswer(answer: FieldWriter): FieldWriter {
  return new FieldWriter().message(2, answer);
}

/** What a caller can match an error in a stream with, and act on. */
export interface StreamError {
  readonly text: string;
  readonly code: string;
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** The names under which an error in a stream carries its code, as parameters of an answer without outputs. */
export const streamErrorParameters = { code: 'brink_code', retryAfterMs: 'brink_retry_after_ms' } as const;

/** `ModelStreamInferResponse` of an error: its text, and an answer that holds nothing but whose error it is. */
export function streamError({ text, code, id, model, retryAfterMs }: StreamError): FieldWriter {
  const answer = new FieldWriter();
  if (model !== undefined) answer.text(1, model);
  if (id !== undefined) answer.text(3, id);
  answer.message(4, parameter(streamErrorParameters.code, new FieldWriter().text(3, code)));
  if (retryAfterMs !== undefined) {
    const milliseconds = new FieldWriter().unsigned(2, Math.ceil(retryAfterMs));
    answer.message(4, parameter(streamErrorParameters.retryAfterMs, milliseconds));
  }
  return new FieldWriter().text(1, text).message(2, answer);
}

function parameter(name: string, value: FieldWriter): FieldWriter {
  return new FieldWriter().text(1, name).message(2, value);
}
