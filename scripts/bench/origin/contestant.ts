import type { ContentCheck, LoadBody, LoadTarget } from '../../load/load-plan.js';
import { requestIn, type WireFormat, wireFormats } from '../edge/wire-format.js';
import { errorMax } from '../edge/worst-error.js';
import { modelInferMethod, modelInferRequest } from './grpc-request.js';
import { bytesOf } from './models/case-files.js';
import { checkedElementsMax, itemElements, type Sample, type ServingModel } from './models/serving-model.js';

/** `hono-per-request`: one process with all threads; `hono-per-core`: a process for each core, behind one port. */
export type RivalName = 'hono-per-request' | 'hono-per-core';
export type ContestantName = RivalName | `origin-${WireFormat | 'grpc' | 'predict'}`;

/** Who is asked, and how: what the load generator needs, and the process whose CPU time that costs. */
export interface Contestant {
  readonly name: ContestantName;
  readonly pid: number;
  readonly target: LoadTarget;
  readonly bodies: readonly LoadBody[];
}

interface Server {
  readonly url: string;
  readonly pid: number;
}
interface Origin extends Server {
  /** Absent: it has no gRPC. */
  readonly grpcAddress: string | undefined;
}

/** The rivals: whoever answers the bare bytes of an output to those of an input. */
export function rivalContestants(model: ServingModel, rivals: Readonly<Record<RivalName, Server>>): Contestant[] {
  return Object.entries(rivals).map(([name, { url, pid }]): Contestant => {
    const target = { kind: 'http', method: 'POST', url, path: '/infer', headers: {} } as const;
    return { name: name as RivalName, pid, target, bodies: plainBodies(model) };
  });
}

/** The origin, once for each protocol. */
export function originContestants(model: ServingModel, { url, pid, grpcAddress }: Origin): Contestant[] {
  const target = { kind: 'http', method: 'POST', url, path: `/v2/models/${model.name}/infer`, headers: {} } as const;
  const overHttp = wireFormats.map((format): Contestant => {
    return { name: `origin-${format}`, pid, target, bodies: originBodies(model, format) };
  });
  return grpcAddress === undefined ? overHttp : [...overHttp, grpcContestant(model, grpcAddress, pid)];
}

function grpcContestant(model: ServingModel, address: string, pid: number): Contestant {
  const bodies = model.samples.map((sample) => ({
    bytes: modelInferRequest(model, sample.input),
    check: { content: tailCheck(model, sample) },
  }));
  return {
    name: 'origin-grpc',
    pid,
    target: { kind: 'grpc', address, method: modelInferMethod, metadata: {} },
    bodies,
  };
}

function plainBodies(model: ServingModel): LoadBody[] {
  const lengthBytes = 4 * itemElements(model.output);
  return model.samples.map((sample) => ({
    bytes: bytesOf(sample.input),
    headers: { 'content-type': 'application/octet-stream' },
    check: { lengthBytes, content: tailCheck(model, sample) },
  }));
}

function originBodies(model: ServingModel, format: WireFormat): LoadBody[] {
  const { name, itemShape } = model.input;
  return model.samples.map((sample) => {
    const { headers, body } = requestIn(format, { input: { name, shape: [1, ...itemShape], data: sample.input } });
    const content: ContentCheck =
      format === 'binary'
        ? tailCheck(model, sample)
        : { kind: 'v2-output', format, output: model.output.name, ...wanted(sample) };
    return { bytes: body, headers, check: { content } };
  });
}

function tailCheck({ output }: ServingModel, sample: Sample): ContentCheck {
  return { kind: 'fp32-tail', fromEndBytes: 4 * itemElements(output), ...wanted(sample) };
}

const wanted = ({ output }: Sample): { values: number[]; tolerance: number } => ({
  values: [...output.subarray(0, checkedElementsMax)],
  tolerance: errorMax,
});
