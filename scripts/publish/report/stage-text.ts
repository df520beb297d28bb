import { humanBytes, humanMs, plural } from '../../commands/format.js';
import { printable } from '../../commands/terminal.js';
import type { ProofRuntime, PublishEvent } from '../publish-events.js';
import type { FinishedStage } from './stage-times.js';

const stageWidth = 9;
const whatWidth = 54;

/** `  prove     graph det: 8 of 8 goldens in workerd        1.2 s` */
export function finishedLine({ event, ms }: FinishedStage): string {
  return `  ${event.stage.padEnd(stageWidth)} ${printable(whatOf(event)).padEnd(whatWidth)} ${humanMs(ms).padStart(7)}`;
}

/** What stands before the bar of a stage that goes on. */
export const runningText = (event: PublishEvent): string =>
  `  ${event.stage.padEnd(stageWidth)} ${printable(subjectOf(event))}`;

/** How far it has come: `3 of 8`, `1.2 MB of 4.7 MB`; undefined where it does not say. */
export function progressOf(event: PublishEvent): { done: number; total: number; text: string } | undefined {
  if (event.stage === 'upload') {
    const { doneBytes: done, totalBytes: total } = event;
    return { done, total, text: `${humanBytes(done)} of ${humanBytes(total)}` };
  }
  if (!('total' in event)) return undefined;
  const { done = 0, total } = event;
  return { done, total, text: `${done} of ${total}` };
}

export const runtimeText = (runtime: ProofRuntime): string => (runtime === 'native' ? 'onnxruntime' : 'workerd');

function subjectOf(event: PublishEvent): string {
  switch (event.stage) {
    case 'prove':
      return `graph ${event.graph} in ${runtimeText(event.runtime)}`;
    case 'measure':
      return `${event.graph === undefined ? 'all graphs together' : `graph ${event.graph}`} at the ${event.tier}`;
    case 'upload':
      return plural(event.files, 'file');
    case 'register':
      return `as ${event.version}`;
    case 'read':
    case 'place':
      return event.model;
    default:
      return `graph ${event.graph}`;
  }
}

function whatOf(event: PublishEvent): string {
  const subject = subjectOf(event);
  switch (event.stage) {
    case 'read':
      return `${subject}: ${plural(event.files, 'file')}, ${humanBytes(event.bytes)}`;
    case 'inspect':
      return `${subject}: checked, and run once`;
    case 'optimise':
      return `${subject}: optimised, its answers compared`;
    case 'quantize':
      return `${subject}: quantized`;
    case 'record':
      return `${subject}: ${plural(event.done, 'golden')} recorded`;
    case 'prove':
      return `${subject}: ${event.done} of ${plural(event.total, 'golden')}`;
    case 'measure':
      return subject;
    case 'place':
      return event.tiers.length === 0
        ? `${subject}: nowhere`
        : `at ${event.tiers.map((tier) => `the ${tier}`).join(', ')}`;
    case 'upload':
      return event.files === 0
        ? 'nothing: the server has every file already'
        : `${subject}, ${humanBytes(event.totalBytes)}`;
    case 'register':
      return subject;
  }
}
