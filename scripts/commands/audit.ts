import type { Command } from 'commander';
import { type CommonFlags, name, wholeNumbers, withCommon } from './common-options.js';
import { humanTime } from './format.js';
import { runCommand } from './run-command.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface AuditFlags extends CommonFlags {
  readonly limit: number;
}

export function addAudit(program: Command, terminal: Terminal): void {
  withCommon(
    program
      .command('audit')
      .summary('show who changed a model, when and why')
      .description("Lists a model's changes, the newest first: who, when, why, from what, to what.")
      .argument('<model>', "the model's name", name)
      .option('--limit <n>', 'how many rows', wholeNumbers(1, 1_000), 20),
    ['brink audit ocr-line', 'brink audit ocr-line --limit 1 --json | jq -r .rows[0].why'],
  ).action((model: string, flags: AuditFlags) =>
    runCommand(flags, terminal, async ({ client }) => {
      const rows = await client.audit(model, flags.limit);
      const cells = rows.map(({ at, epoch, action, who, why, from, to }) => [
        humanTime(at),
        String(epoch),
        action,
        [from, to].filter((version) => version !== null).join(' → '),
        who,
        why,
      ]);
      const columns = [
        { head: 'WHEN' },
        { head: 'EPOCH', align: 'right' },
        { head: 'WHAT' },
        { head: 'VERSION' },
        { head: 'WHO' },
        { head: 'WHY' },
      ] as const;
      return {
        json: JSON.stringify({ rows }),
        text: () => (rows.length === 0 ? `nothing was ever changed on ${model}` : table(columns, cells)),
      };
    }),
  );
}
