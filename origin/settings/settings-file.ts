import { open } from 'node:fs/promises';
import { parse } from 'smol-toml';
import { type SettingsFile, settingsFileSchema } from './model-settings.js';
import { describeIssue } from './settings-issue.js';

/** A file that is larger is not one of settings. */
export const settingsFileBytesMax = 1024 * 1024;

/** Of problems told at once. */
const issuesMax = 10;

/**
 * The settings in the TOML file at `path`; no path: no settings. Throws an Error that says what is wrong where: the
 * line, or the key with what was expected and what came.
 */
export async function readSettingsFile(path: string | undefined): Promise<SettingsFile> {
  return path === undefined ? settingsFileSchema.parse({}) : parseSettings(await readText(path), path);
}

/** `name` is what the text is called in messages. */
export function parseSettings(text: string, name: string): SettingsFile {
  const settings = parseToml(text, name);
  const parsed = settingsFileSchema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const lines = issues.slice(0, issuesMax).map((issue) => `  ${describeIssue(issue, settings)}`);
  const more = issues.length > issuesMax ? [`  and ${issues.length - issuesMax} more`] : [];
  throw new Error([`the settings in ${name} cannot be used:`, ...lines, ...more].join('\n'));
}

function parseToml(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new Error(`expected TOML in ${name}: ${error instanceof Error ? error.message.trimEnd() : String(error)}`, {
      cause: error,
    });
  }
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > settingsFileBytesMax) {
        throw new Error(`expected at most ${settingsFileBytesMax} bytes, it has ${size}`);
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the settings file ${path} cannot be read: ${reason}`, { cause: error });
  }
}
