import { Stack } from '../../test/harness/stack.js';
import { projectRoot } from '../local/project-root.js';
import { grpcUrlOf } from './grpc-url.js';
import { printReport } from './print-report.js';
import { pythonEnvironment } from './python-environment.js';
import { type CheckRow, runChecks } from './run-checks.js';
import { publishModels, settingsOf } from './server-under-test.js';

/** Scripts of test/interop, each a set of checks with its own client. */
const scripts = ['http_checks.py', 'grpc_checks.py'];

/** 0: all passed, or nothing could be tried here, and it says why; 1: a client did not work. */
async function main(): Promise<number> {
  const say = (text: string): void => void process.stderr.write(`interop: ${text}\n`);
  const environment = await pythonEnvironment(projectRoot(), say);
  if (environment.kind === 'missing') {
    process.stdout.write(`skipped: ${environment.reason}\n`);
    return 0;
  }
  say('starting an edge and an origin');
  const stack = await Stack.start({ originEnv: { ORIGIN_GRPC_PORT: '0', ORIGIN_METRICS_PORT: 'off' } });
  try {
    await publishModels(stack);
    const settings = settingsOf(stack, grpcUrlOf(stack.originLines));
    const rows: CheckRow[] = [];
    for (const script of scripts) {
      say(`running ${script}`);
      rows.push(...(await runChecks(environment.python, projectRoot(), script, settings)));
    }
    return printReport(rows, (text) => process.stdout.write(text));
  } finally {
    await stack.dispose();
  }
}

process.exitCode = await main();
