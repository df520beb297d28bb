import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const mib = 1024 * 1024;
/** What a Worker may be, uncompressed. */
const uploadBytesMax = 64 * mib;

describe.each(['', 'staging'])('wrangler deploy --dry-run --env=%j', (environment) => {
  it('passes without an account, within the size that a Worker may have', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'brink-deploy-'));
    try {
      const env = {
        ...process.env,
        CLOUDFLARE_CF_FETCH_ENABLED: 'false',
        WRANGLER_SEND_METRICS: 'false',
        CI: 'true',
        NO_COLOR: '1',
      };
      const args = [
        'node_modules/wrangler/bin/wrangler.js',
        'deploy',
        '--dry-run',
        `--env=${environment}`,
        '--outdir',
        folder,
      ];
      const { stdout } = await run(process.execPath, args, { env });
      const [line = '', upload = '', gzip = ''] = /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(stdout) ?? [];
      expect(line).not.toBe('');
      expect(Number(upload) * 1024).toBeLessThan(uploadBytesMax);
      expect(stdout).toMatch(/env\.CONTROL \(ControlPlane\)/);
      expect(stdout).toMatch(/env\.BLOBS/);
      console.log(
        `deploy ${environment || 'production'}: ${(Number(upload) / 1024).toFixed(1)} MiB, ${(Number(gzip) / 1024).toFixed(1)} MiB gzip`,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
