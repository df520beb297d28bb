import { describe, expect, it } from 'vitest';
import { banner, predictLine } from '../../../scripts/start/banner.js';
import { parseStartOptions } from '../../../scripts/start/start-options.js';

describe('the options of npm start', () => {
  it('are the command line over the environment over the usual ports', () => {
    expect(parseStartOptions([], {})).toMatchObject({
      edgePort: 8787,
      originPort: 8000,
      withOrigin: true,
      jsonLogs: false,
    });
    const env = { BRINK_EDGE_PORT: '9000', BRINK_ORIGIN_PORT: '9001' };
    expect(parseStartOptions(['--edge-port', '7000', '--no-origin'], env)).toMatchObject({
      edgePort: 7000,
      originPort: 9001,
      withOrigin: false,
    });
  });

  it.each([['--edge-port', '0'], ['--edge-port', '65536'], ['--origin-port', 'many'], ['--nonsense'], ['extra']])(
    'are refused for %s %s',
    (...args) => {
      expect(() => parseStartOptions(args, {})).toThrow(expect.objectContaining({ name: 'StartRefused' }));
    },
  );
});

describe('what npm start prints', () => {
  it('is where things are', () => {
    const facts = {
      edgeUrl: 'http://127.0.0.1:8787',
      originUrl: 'http://127.0.0.1:8000',
      home: '.brink',
      seconds: 6.24,
      tryLines: ['  curl me'],
    };
    expect(banner(facts)).toMatch(
      /up after 6\.2 s[\s\S]*edge {4}http:\/\/127\.0\.0\.1:8787[\s\S]*origin {2}http:\/\/127\.0\.0\.1:8000/,
    );
    expect(banner({ ...facts, originUrl: undefined })).not.toContain('origin');
    expect(banner(facts)).toContain('\n  curl me\n');
  });

  it('is a curl line that can be pasted, whatever the path is', () => {
    const line = (file: string) => predictLine('http://e', 'ocr-line', { file, contentType: 'image/png' }, '/project');
    expect(line('/project/models/ocr-line/sample.png')).toBe(
      "  curl -H 'content-type: image/png' --data-binary @models/ocr-line/sample.png http://e/v1/models/ocr-line/predict",
    );
    expect(line("/project/it's here/a.png")).toContain(`@'it'\\''s here/a.png'`);
  });
});
