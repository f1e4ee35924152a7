import { readFileSync, statSync } from 'node:fs';
import { MemoirError } from './domain/memoir-error.ts';
import { codeOf, messageOf } from './domain/thrown.ts';

/** The file beside the environment: the same names, a line each. What it holds may be secret. */
export interface ConfigFile {
  readonly path: string;
  /** Null: there is no such file, or it is not for the eyes of this user. */
  readonly values: Readonly<Record<string, string>> | null;
  /** A sentence for each thing about the file that should be mended. */
  readonly warnings: readonly string[];
}

/** Where it is looked for unless somebody says otherwise. */
export const usualConfigFile = '/etc/memoir/memoir.conf';

/** Far more than every setting at its longest. */
const longestFile = 1024 * 1024;

/**
 * Reads `path`; null is the usual one, which need not be there. The file that a person names has to be readable. `knows` says
 * whether a name is one of Memoir's: a slip of the pen in a file is an error, not a default that nobody wanted.
 */
export function readConfigFile(
  path: string | null,
  knows: (name: string) => boolean,
  secret: (name: string) => boolean,
): ConfigFile {
  const at = path ?? usualConfigFile;
  let text: string;
  let mode: number;
  try {
    const found = statSync(at);
    if (found.size > longestFile) throw new MemoirError('CONFIG_INVALID', `${at} is larger than 1 MiB`);
    mode = found.mode;
    text = readFileSync(at, 'utf8');
  } catch (cause) {
    if (cause instanceof MemoirError) throw cause;
    const code = codeOf(cause);
    if (path === null && (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR'))
      return { path: at, values: null, warnings: [] };
    throw new MemoirError('CONFIG_INVALID', `${at} cannot be read: ${messageOf(cause)}`, { cause });
  }
  const values = parseConfigFile(text, at, knows);
  const exposed = Object.keys(values).filter(secret);
  const warnings =
    exposed.length > 0 && (mode & 0o077) !== 0
      ? [`${at} holds ${exposed.join(', ')} and other users can read it: chmod 0600 ${at}`]
      : [];
  return { path: at, values, warnings };
}

/** `NAME=value`, `#` for comments, quotes around a value that begins or ends with a blank. No variables, no line that goes on. */
export function parseConfigFile(text: string, path: string, knows: (name: string) => boolean): Record<string, string> {
  const values: Record<string, string> = {};
  const faults: string[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const [, name, rest = ''] = /^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s.exec(line) ?? [];
    const say = (what: string) => faults.push(`line ${index + 1}: ${what}`);
    if (name === undefined) say('is not NAME=value');
    else if (!knows(name)) say(`${name} is not a setting of Memoir`);
    else if (name in values) say(`${name} is set a second time`);
    else values[name] = /^(["'])(.*)\1$/s.exec(rest)?.[2] ?? rest;
  });
  if (faults.length === 0) return values;
  throw new MemoirError('CONFIG_INVALID', `${path} is not usable:\n  ${faults.join('\n  ')}`, {
    hint: 'Each line is NAME=value with the names of the environment; `memoir config` lists them.',
  });
}
