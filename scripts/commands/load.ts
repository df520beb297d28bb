import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadLimits, type LoadShape } from '../load/load-plan.js';
import type { LoadFlags } from '../load/load-flags.js';
import { measureLoad } from '../load/measure-load.js';
import { connectionsDefault } from '../load/find-saturation.js';
import type { LoadReport } from '../load/report/load-report.js';
import { loadText } from '../load/report/load-text.js';
import { loadProtocols } from '../load/traffic/encode-request.js';
import { writeLoadPage } from '../load/report/write-load-page.js';
import { collect, name, wholeNumbers, withCommon } from './common-options.js';
import { flagsForOrigin } from './origin-connection.js';
import { runCommand } from './run-command.js';
import type { Terminal } from './terminal.js';

const shapesMax = 20;

export function addLoad(program: Command, terminal: Terminal): void {
  const command = program
    .command('load')
    .summary('put load on a model and measure it')
    .description(
      'Sends requests to a model from a process of its own and measures rate, latency, refusals and who answered.\n' +
        'By default it looks for the saturation: more and more connections until the rate no longer grows, then Poisson\n' +
        'arrivals below it. It stops by itself; Ctrl-C ends it with what it has.',
    )
    .argument('<model>', "the model's name", name);
  withCommon(withWhat(withHow(command)), [
    'brink load double',
    'brink load ocr-line --traffic lines/ --predict --connections 1,8,32',
    'brink load vad --shape state=2,1,128 --rate 50,100 --seconds 20',
    'brink load double --origin-url http://127.0.0.1:8000 --p99-ms 50 --html load.html',
  ]).action(async (model: string, flags: LoadFlags) =>
    runCommand(flagsForOrigin(flags, terminal), terminal, async ({ client, note }) => {
      const report = await measureLoad(model, flags, client.http, terminal);
      if (flags.html !== undefined) {
        await writeLoadPage(flags.html, report);
        note(`wrote ${flags.html}`);
      }
      const failure = failureOf(report);
      return {
        json: JSON.stringify(report),
        text: () => loadText(report),
        ...(failure === undefined ? {} : { failure }),
      };
    }),
  );
}

/** A script that measures has to hear that there is nothing to go by. */
function failureOf({ steps, stopped }: LoadReport): string | undefined {
  if (stopped || steps.length === 0) return undefined;
  const none = steps.every(({ result }) => result.answered === 0);
  return none ? 'expected answers, got none: the table says why' : undefined;
}

/** What is sent, and where. */
function withWhat(command: Command): Command {
  return command
    .option(
      '--traffic <file|folder>',
      'requests: V2 ones as .json, .jsonl, .bin or .msgpack (default: tensors by chance)',
    )
    .option('--predict', "the traffic is for the model's handler: images, sounds, text, JSON")
    .option('--content-type <type>', "with --predict: the files' media type (default: by their endings)")
    .option('--shape <name=1,3,48,320>', 'the shape of an input by chance; may be repeated', collect)
    .addOption(
      new Option('--protocol <protocol>', 'how tensors travel (default: binary; traffic as it is)').choices(
        loadProtocols,
      ),
    )
    .option('--version <version>', 'this version instead of the one that is served', name)
    .addOption(new Option('--tier <tier>', 'force a tier (operators)').choices(['edge', 'origin']))
    .option('--origin-url <url>', 'straight to this origin instead of an edge (--token: a key of its own)')
    .option('--grpc <host:port>', "the origin's gRPC port (default: 8001 at --origin-url)");
}

/** How much, and for how long. */
function withHow(command: Command): Command {
  const { connectionsMax, ratePerSMax, secondsMax } = loadLimits;
  const connections = list(1, connectionsMax, 'connections', /^\d{1,9}$/);
  const rates = list(0.01, ratePerSMax, 'requests a second', /^\d{1,9}(\.\d{1,3})?$/);
  return command
    .addOption(
      new Option('--connections <n,n>', 'closed loops of so many connections')
        .argParser((text) => connections(text).map((count): LoadShape => ({ kind: 'closed', connections: count })))
        .conflicts(['rate', 'saturate']),
    )
    .addOption(
      new Option('--rate <n,n>', 'open loops: Poisson arrivals of so many requests a second')
        .argParser(rates)
        .conflicts('saturate'),
    )
    .option(
      '--saturate',
      `look for the saturation (the default), with up to ${Math.max(...connectionsDefault)} connections`,
    )
    .option(
      '--p99-ms <ms>',
      'look for the highest rate with 99 % within this',
      wholeNumbers(1, loadLimits.timeoutMsMax),
    )
    .option('--seconds <s>', 'how long each run counts', wholeNumbers(1, secondsMax), 3)
    .option('--warm-up <s>', 'how long each run goes before that', wholeNumbers(0, loadLimits.warmUpSMax), 1)
    .option('--seed <n>', 'for arrivals, order and tensors by chance', wholeNumbers(0, 2 ** 31), 1)
    .option('--html <file>', 'also write a page with the latency–throughput curve');
}

/** A parser of figures with commas between them. */
function list(least: number, most: number, what: string, pattern: RegExp): (text: string) => number[] {
  return (text) => {
    const figures = text.split(',').map((part) => (pattern.test(part.trim()) ? Number(part) : NaN));
    const wrong = figures.findIndex((figure) => !(figure >= least && figure <= most));
    if (wrong !== -1) {
      const got = text.split(',')[wrong]?.trim().slice(0, 32) ?? '';
      throw new InvalidArgumentError(`expected ${least} to ${most} ${what}, got "${got}"`);
    }
    if (figures.length > shapesMax) {
      throw new InvalidArgumentError(`expected at most ${shapesMax} runs, got ${figures.length}`);
    }
    return figures;
  };
}
