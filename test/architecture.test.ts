import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/**
 * Who may import whom inside src/: the whole of it. `domain` is the vocabulary, which everybody above it may speak.
 * A new arrow is a decision about the design, made there first (docs/architecture.md).
 */
const arrows: Record<string, readonly string[] | 'everything'> = {
  'main.ts': ['domain', 'cli', 'app.ts', 'config.ts'],
  'config.ts': ['domain'],
  'app.ts': 'everything',
  domain: [],
  async: [],
  formats: [],
  libvirt: ['async'],
  database: ['domain', 'async'],
  influx: ['domain', 'async', 'database'],
  operations: ['domain', 'async', 'database'],
  storage: ['domain', 'async'],
  records: ['domain', 'async', 'database', 'influx'],
  machines: ['libvirt', 'formats', 'domain', 'async'],
  dumps: ['domain', 'async', 'operations', 'machines', 'formats', 'storage', 'records'],
  heaps: ['domain', 'async', 'operations', 'formats', 'storage'],
  volumes: ['domain', 'async', 'operations', 'libvirt', 'database'],
  telemetry: ['domain', 'async', 'machines', 'database', 'influx'],
  access: ['domain', 'database'],
  graphql: [
    'domain',
    'async',
    'operations',
    'machines',
    'dumps',
    'records',
    'storage',
    'telemetry',
    'access',
    'influx',
    'volumes',
  ],
  http: ['domain', 'async', 'graphql', 'storage', 'access', 'formats'],
  cli: ['domain', 'async'],
};

/**
 * Lines a file may have without a word, and with a reason in its first lines (a comment that starts with `Long:`). Sizes follow
 * nouns: what is one thing is one file. A file of tests is as long as what it tests has behaviours.
 */
const budget = { plain: 250, withReason: 400, tests: 400 };

function files(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !/node_modules|\/dist\/|\/generated\//.test(path));
}

/** The room of a path below src/: its folder, or the file itself at the top. */
const room = (path: string): string => path.split('/')[1] as string;

function imports(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map(
    (match) => match[1] as string,
  );
  const workers = [...text.matchAll(/new URL\(\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map((match) => match[1] as string);
  return [...specifiers, ...workers].map((specifier) => relative(root, resolve(root, dirname(path), specifier)));
}

describe('the house', () => {
  const sources = files('src', /\.ts$/);

  it('imports along the arrows of the table only', () => {
    const wrong = sources.flatMap((path) => {
      const allowed = arrows[room(path)];
      if (allowed === undefined) return [`${path}: src/${room(path)} is not in the table`];
      if (allowed === 'everything') return [];
      return imports(path)
        .filter((target) => target.startsWith('src/') && room(target) !== room(path) && !allowed.includes(room(target)))
        .map((target) => `${path} → ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps the implementations of a contract apart: only the composition root picks one', () => {
    const implementation =
      /^src\/(machines\/(libvirt|demo)|records\/(sqlite|influx)|telemetry\/(sqlite|influx)|storage\/(directory|memory)|volumes\/(demo|libvirt|cloudstack|sqlite)|operations\/sqlite)\//;
    const wrong = sources.flatMap((path) =>
      imports(path)
        .filter((target) => implementation.test(target) && dirname(target) !== dirname(path) && path !== 'src/app.ts')
        .filter((target) => !dirname(path).startsWith(dirname(target)) && !dirname(target).startsWith(dirname(path)))
        .map((target) => `${path} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('reads the environment in config.ts alone', () => {
    const wrong = sources.filter(
      (path) => path !== 'src/config.ts' && /process\.env\b/.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps client and server apart but for the generated documents', () => {
    const client = files('client', /\.tsx?$/).flatMap((path) =>
      imports(path).filter((target) => target.startsWith('src/')),
    );
    const server = sources.flatMap((path) =>
      imports(path).filter((target) => /^client\/(?!dist$|api\/generated\/)/.test(target)),
    );
    expect([...client, ...server]).toEqual([]);
  });

  it('keeps every file within its budget of lines', () => {
    const long = [...sources, ...files('client', /\.tsx?$/), ...files('test', /\.tsx?$/)].flatMap((path) => {
      const lines = readFileSync(join(root, path), 'utf8').split('\n');
      const plain = path.startsWith('test/') ? budget.tests : budget.plain;
      const allowed = lines.slice(0, 5).some((line) => line.includes('Long:')) ? budget.withReason : plain;
      return lines.length - 1 > allowed ? [`${path}: ${lines.length - 1} lines of ${allowed}`] : [];
    });
    expect(long).toEqual([]);
  });
});
