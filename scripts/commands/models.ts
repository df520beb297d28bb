import type { Command } from 'commander';
import { type CommonFlags, withCommon } from './common-options.js';
import { shortDigest } from './format.js';
import { runCommand } from './run-command.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

export function addModels(program: Command, terminal: Terminal): void {
  withCommon(
    program.command('models').summary('list the models').description('Lists the models and what each of them serves.'),
    ['brink models', "brink models --json | jq -r '.models[].model'"],
  ).action((flags: CommonFlags) =>
    runCommand(flags, terminal, async ({ client, colors }) => {
      const models = await client.models();
      const rows = models.map(({ model, stable, lastGood, versions, epoch, fenced }) => [
        model,
        stable?.version ?? '(nothing)',
        stable === null ? '' : shortDigest(stable.digest),
        lastGood?.version ?? '',
        String(versions.length),
        String(fenced.length),
        String(epoch),
      ]);
      const columns = [
        { head: 'MODEL' },
        { head: 'SERVES' },
        { head: 'DIGEST' },
        { head: 'LAST GOOD' },
        { head: 'VERSIONS', align: 'right' },
        { head: 'WITHDRAWN', align: 'right' },
        { head: 'EPOCH', align: 'right' },
      ] as const;
      return {
        json: JSON.stringify({ models }),
        text: () =>
          rows.length === 0
            ? 'no model has been published yet: brink publish <folder|model.onnx>'
            : table(columns, rows, (cell, column) => (column === 0 ? colors.bold(cell) : cell)),
      };
    }),
  );
}
