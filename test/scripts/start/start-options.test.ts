import { describe, expect, it } from 'vitest';
import { banner } from '../../../scripts/start/banner.js';
import { brinkLine, predictLine } from '../../../scripts/start/paste-lines.js';
import { parseStartOptions, startHelp } from '../../../scripts/start/start-options.js';

describe('the options of npm start', () => {
  it('are the command line over the environment over the usual ports', () => {
    expect(parseStartOptions([], {})).toMatchObject({
      edgePort: 8787,
      originPort: 8000,
      grpcPort: 8001,
      metricsPort: 8002,
      withOrigin: true,
      jsonLogs: false,
    });
    const env = { BRINK_EDGE_PORT: '9000', BRINK_ORIGIN_PORT: '9001' };
    expect(parseStartOptions(['--edge-port', '7000', '--no-origin'], env)).toMatchObject({
      edgePort: 7000,
      originPort: 9001,
      grpcPort: 9002,
      withOrigin: false,
    });
  });

  it.each([['--edge-port', '0'], ['--edge-port', '65536'], ['--origin-port', 'many'], ['--nonsense'], ['extra']])(
    'are refused for %s %s',
    (...args) => {
      expect(() => parseStartOptions(args, {})).toThrow(expect.objectContaining({ name: 'StartRefused', exit: 2 }));
    },
  );
});

describe('the variables that npm start passes on', () => {
  const of = (env: Record<string, string>) => parseStartOptions([], env).serverVars;

  it('are those of the edge and of the origin, and only when they are set', () => {
    expect(of({ PATH: '/bin', LEASE_MS: '', ORIGIN_KEY: 'x' })).toEqual({ edge: {}, origin: {} });
    const keys = { INFERENCE_KEYS: 'app=0123456789abcdef', ORIGIN_PROVIDERS: 'cuda,cpu' };
    expect(of({ CORS_ORIGINS: '*', BODY_BYTES_MAX: '1000', LEASE_MS: '900', ...keys })).toEqual({
      edge: { CORS_ORIGINS: '*', BODY_BYTES_MAX: '1000', LEASE_MS: '900', INFERENCE_KEYS: keys.INFERENCE_KEYS },
      origin: { CORS_ORIGINS: '*', BODY_BYTES_MAX: '1000', ORIGIN_PROVIDERS: 'cuda,cpu' },
    });
  });

  it.each([
    ['INFERENCE_KEYS', 'app=short'],
    ['EDGE_HEAP_MAX_MIB', '1'],
    ['EDGE_SESSION_BUDGET_MIB', 'many'],
    ['BODY_BYTES_MAX', '0'],
    ['LEASE_MS', '10'],
  ])('are refused at the start, by name, when the Worker would refuse them: %s=%s', (name, value) => {
    const refused = { name: 'StartRefused', exit: 2, message: expect.stringContaining(name) as string };
    expect(() => of({ [name]: value })).toThrow(expect.objectContaining(refused));
  });

  it('are named in the help', () => {
    for (const name of ['INFERENCE_KEYS', 'CORS_ORIGINS', 'LEASE_MS', 'ORIGIN_PROVIDERS']) {
      expect(startHelp).toContain(name);
    }
  });
});

describe('what npm start prints', () => {
  const paste = {
    edgeUrl: 'http://127.0.0.1:8787',
    cwd: '/project',
    home: '/project/.brink',
    projectRoot: '/project',
    withKey: false,
  };
  const facts = {
    paste,
    originUrl: 'http://127.0.0.1:8000',
    grpcPort: 8001,
    metricsPort: 8002,
    seconds: 6.24,
    tryLines: ['curl me'],
  };

  it('is where things are, and what the origin asks for', () => {
    expect(banner(facts)).toMatch(
      /up after 6\.2 s[\s\S]*edge {4}http:\/\/127\.0\.0\.1:8787[\s\S]*origin {2}http:\/\/127\.0\.0\.1:8000/,
    );
    expect(banner(facts)).toContain('gRPC 127.0.0.1:8001   (they need the key in .brink/credentials.json: originKey)');
    expect(banner({ ...facts, originUrl: undefined })).not.toContain('origin');
    expect(banner(facts)).toContain('\n  curl me\n');
    expect(banner(facts)).toMatch(/\n {2}npx brink models$/);
  });

  it('names the state folder in lines for the CLI when it is not where the CLI looks', () => {
    const elsewhere = { ...paste, home: "/it's/here" };
    expect(banner({ ...facts, paste: elsewhere })).toContain(`\n  BRINK_HOME='/it'\\''s/here' npx brink models`);
    expect(brinkLine(paste, 'models')).toBe('npx brink models');
  });

  it('says that a key is needed where keys are configured, and prints none', () => {
    const locked = { ...paste, withKey: true };
    expect(banner({ ...facts, paste: locked })).toMatch(/Try, .*BRINK_KEY set to a token of INFERENCE_KEYS/);
    expect(predictLine(locked, 'm', { file: '/project/a.png', contentType: 'image/png' })).toMatch(
      /^curl -H "authorization: Bearer \$BRINK_KEY" -H 'content-type/,
    );
  });

  it('is a curl line that can be pasted, whatever the path is', () => {
    const line = (file: string) => predictLine(paste, 'ocr-line', { file, contentType: 'image/png' });
    expect(line('/project/models/ocr-line/sample.png')).toBe(
      "curl -H 'content-type: image/png' --data-binary @models/ocr-line/sample.png http://127.0.0.1:8787/v1/models/ocr-line/predict",
    );
    expect(line("/project/it's here/a.png")).toContain(`@'it'\\''s here/a.png'`);
  });
});
