import cliProgress from 'cli-progress';
import type { PublishEvent } from '../publish/publish-events.js';
import { humanBytes, plural } from './format.js';
import type { Terminal } from './terminal.js';

/** Shows how publishing goes, on standard error: a bar for a person, a line for each stage for a log. */
export class PublishProgress {
  readonly #terminal: Pick<Terminal, 'stderr' | 'interactive'>;
  #bar: cliProgress.SingleBar | undefined;

  constructor(terminal: Pick<Terminal, 'stderr' | 'interactive'>) {
    this.#terminal = terminal;
  }

  readonly onEvent = (event: PublishEvent): void => {
    if (event.stage === 'upload' && event.files > 0 && this.#terminal.interactive)
      this.#draw(event.doneBytes, event.totalBytes);
    else if (event.stage !== 'upload' || event.doneBytes === 0) this.#say(lineOf(event));
  };

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw(doneBytes: number, totalBytes: number): void {
    this.#bar ??= this.#start(totalBytes);
    this.#bar.update(doneBytes, { done: humanBytes(doneBytes), all: humanBytes(totalBytes) });
    if (doneBytes >= totalBytes) this.stop();
  }

  #start(totalBytes: number): cliProgress.SingleBar {
    const format = '  upload  {bar} {percentage}%  {done} of {all}';
    const bar = new cliProgress.SingleBar({ format, hideCursor: true }, cliProgress.Presets.shades_grey);
    bar.start(totalBytes, 0, { done: humanBytes(0), all: humanBytes(totalBytes) });
    return bar;
  }

  #say(line: string): void {
    this.stop();
    this.#terminal.stderr(`  ${line}\n`);
  }
}

function lineOf(event: PublishEvent): string {
  switch (event.stage) {
    case 'read':
      return `read    ${event.model}: ${plural(event.files, 'file')}, ${humanBytes(event.bytes)}`;
    case 'inspect':
      return `inspect graph ${event.graph}`;
    case 'optimise':
      return `compile graph ${event.graph}: optimising it, and comparing its answers`;
    case 'upload':
      return event.files === 0
        ? 'upload  nothing: the server has every file already'
        : `upload  ${plural(event.files, 'file')}, ${humanBytes(event.totalBytes)}`;
    case 'register':
      return `store   as ${event.version}`;
  }
}
