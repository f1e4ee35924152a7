import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/**
 * Who may import whom inside src/: the whole of it. `domain` is the vocabulary, which everybody above it may speak.
 * A new arrow is a decision about the design, made there first (docs/architecture.md).
 */
const arrows: Record<string, readonly string[] | 'everything'> = {
  // Tokens are made past a server that lets nobody in.
  // Artifacts are looked at, and what a server knows is copied, without one.
  'main.ts': ['domain', 'cli', 'access', 'dumps', 'doctor', 'app.ts', 'backup.ts', 'config.ts', 'config-file.ts'],
  'config.ts': ['domain'],
  'config-file.ts': ['domain'],
  'backup.ts': ['domain', 'database'],
  // Asks this machine, and libvirt whether it answers; knows nothing of a server.
  doctor: ['libvirt'],
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
  heaps: ['domain', 'async', 'operations', 'formats', 'storage', 'database'],
  volumes: ['domain', 'async', 'operations', 'libvirt', 'database'],
  // What schedules start goes through the front doors of dumps and heaps.
  schedules: ['domain', 'async', 'operations', 'database', 'machines', 'dumps', 'heaps'],
  retention: ['domain', 'async', 'operations', 'database', 'records', 'dumps', 'heaps'],
  telemetry: ['domain', 'async', 'machines', 'database', 'influx'],
  // Tells of what schedules and retention list; they know nothing of it.
  notifications: ['domain', 'async', 'operations', 'database', 'schedules', 'retention'],
  access: ['domain', 'database'],
  graphql: [
    'domain',
    'async',
    'operations',
    'machines',
    'dumps',
    'heaps',
    'records',
    'storage',
    'telemetry',
    'access',
    'influx',
    'volumes',
    'notifications',
    'schedules',
    'retention',
    'doctor',
  ],
  http: ['domain', 'async', 'graphql', 'storage', 'access', 'formats'],
  cli: ['domain', 'async'],
};

/** Implementations of contracts: whoever works by the contract must not know them. */
const implementations = [
  'machines/libvirt',
  'machines/demo',
  'operations/sqlite',
  'records/influx',
  'records/sqlite',
  'retention/sqlite',
  'schedules/sqlite',
  'storage/directory',
  'storage/memory',
  'telemetry/influx',
  'telemetry/sqlite',
  'volumes/demo',
  'volumes/libvirt',
  'volumes/sqlite',
  'heaps/sqlite',
].map((folder) => `src/${folder}`);

/** Files beside `app.ts` that put implementations together, each with its reason. */
const rootsOfRooms: Readonly<Record<string, string>> = {
  'src/records/record-effect-writers.ts':
    'a record goes into the catalogue and on its way to InfluxDB in one transaction',
  'src/telemetry/create-telemetry.ts': 'the ring is always there, InfluxDB beside it where it is configured',
  'src/telemetry/points-source.ts': 'what is sent to InfluxDB is read from the ring',
  'src/volumes/open-volume-parts.ts':
    'catalogue, provider, devices, names and exports of one host are opened and closed together',
  'src/volumes/catalogue.ts': 'names the module of its effects’ writers for the composition root',
};

/**
 * Lines a file may have without a word, and with a reason in its first lines (a comment that starts with `Long:`). Sizes follow
 * nouns: what is one thing is one file. A file of tests is as long as what it tests has behaviours.
 */
const budget = { plain: 400, withReason: 600, tests: 400 };

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
  const workers = [...text.matchAll(/new URL\(\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map((match) => match[1] as string);
  return [...staticImports(path), ...workers.map((specifier) => pathOf(specifier, path))];
}

const pathOf = (specifier: string, from: string) => relative(root, resolve(root, dirname(from), specifier));

/** Without the modules that are loaded on other threads. */
function staticImports(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map(
    (match) => match[1] as string,
  );
  return specifiers.map((specifier) => pathOf(specifier, path));
}

/** Files that are loaded with this one: without those of which it knows types only. */
function loads(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8').replace(/^import type [^;]*;$/gm, '');
  return [...text.matchAll(/(?:from|import)\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map(([, name]) =>
    pathOf(name as string, path),
  );
}

/**
 * Circles of imports, each as its files. The object types of the schema alone may be in one: they are a graph, as what they
 * describe is (a machine has dumps, a dump has a machine), and say so to each other by functions that are called later.
 */
function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[][] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (state.get(path) === 'done' || path.startsWith('src/graphql/types/')) return;
    if (state.get(path) === 'open') {
      circles.push(way.slice(way.indexOf(path)));
      return;
    }
    state.set(path, 'open');
    for (const target of graph.get(path) ?? []) visit(target, [...way, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return circles;
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
    // By path of the implementation: also the contract that stands beside it must not reach down into it.
    const wrong = sources.flatMap((path) =>
      imports(path)
        .map((target) => ({ target, folder: implementations.find((folder) => target.startsWith(`${folder}/`)) }))
        .filter(({ folder }) => folder !== undefined && !path.startsWith(`${folder}/`))
        .filter(() => path !== 'src/app.ts' && !(path in rootsOfRooms))
        .map(({ target }) => `${path} → ${target}`),
    );
    expect(wrong).toEqual([]);
    expect(Object.keys(rootsOfRooms).filter((path) => !sources.includes(path))).toEqual([]);
    expect(implementations.filter((folder) => !sources.some((path) => path.startsWith(`${folder}/`)))).toEqual([]);
  });

  it('has a row for each room, and a room for each row', () => {
    const rooms = new Set(sources.map(room));
    expect(Object.keys(arrows).filter((name) => !rooms.has(name))).toEqual([]);
    const named = Object.values(arrows).flatMap((allowed) => (allowed === 'everything' ? [] : [...allowed]));
    expect(named.filter((name) => !rooms.has(name))).toEqual([]);
  });

  it('imports in no circle', () => {
    expect(findCircles(new Map(sources.map((path) => [path, staticImports(path)])))).toEqual([]);
    // A hook and the store that it reads are one file there, and the page knows the types of all stores.
    const screens = files('client', /\.tsx?$/);
    expect(findCircles(new Map(screens.map((path) => [path, loads(path)])))).toEqual([]);
  });

  it('has a way in to each measurement', () => {
    const measurements = readdirSync(join(root, 'bench')).filter((name) => name.endsWith('.ts') && name !== 'main.ts');
    const text = (name: string) => readFileSync(join(root, 'bench', name), 'utf8');
    expect(measurements.filter((name) => !/^export async function run\(/m.test(text(name)))).toEqual([]);
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
