// Counts what tells how a tree is built: npm exec -- node scripts/count-structure.ts [TREE] [--list]
//   casts     `x as T` in src/, without `as const` and generated files: places where the compiler takes our word
//   cycles    groups of files in src/ and client/ that load each other; types load nothing
//   folders   how many files of src/ are in each, those of folders in it left out
// TREE is another checkout, to compare with; --list names the casts.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSync } from 'vite';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { list: { type: 'boolean' } } });
const tree = resolve(positionals[0] ?? '.');

interface Source {
  readonly file: string;
  readonly text: string;
  readonly nodes: readonly Node[];
}
/** A node of the syntax tree, as far as it matters here. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly typeAnnotation?: Node;
  readonly source?: { readonly value: string } | null;
  readonly importKind?: string;
  readonly exportKind?: string;
  readonly specifiers?: readonly { readonly importKind?: string; readonly exportKind?: string }[];
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (!isNode(value)) return [];
  return [value, ...Object.values(value).flatMap(nodesOf)];
}

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(tree, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/(^|\/)(generated|node_modules|dist)\//.test(name))
    .map((name) => {
      const file = join(folder, name);
      const text = readFileSync(join(tree, file), 'utf8');
      return { file, text, nodes: nodesOf(parseSync(file, text).program) };
    });
}

function castsOf({ file, text, nodes }: Source): string[] {
  return nodes
    .filter(({ type }) => type === 'TSAsExpression')
    .filter(({ typeAnnotation: to }) => to !== undefined && text.slice(to.start, to.end) !== 'const')
    .map(({ start, end, typeAnnotation: to = { start } }) => {
      const line = text.slice(0, to.start).split('\n').length;
      return `${file}:${line}  ${text.slice(start, end).replace(/\s+/g, ' ').slice(0, 120)}`;
    });
}

/** Files that are loaded with this one. */
function loadedBy({ file, nodes }: Source): string[] {
  return nodes
    .filter(({ type }) => /^(Import|ExportNamed|ExportAll)Declaration$/.test(type))
    .filter(({ importKind, exportKind, specifiers = [] }) => {
      const kinds = specifiers.map((each) => each.importKind ?? each.exportKind);
      return importKind !== 'type' && exportKind !== 'type' && !(kinds.length > 0 && kinds.every((k) => k === 'type'));
    })
    .flatMap(({ source }) => (source?.value.startsWith('.') ? [join(dirname(file), source.value)] : []));
}

/** Tarjan: groups of files each of which leads to each other one. */
function cyclesOf(loads: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): number => {
    const number = order.size;
    order.set(file, number);
    open.push(file);
    let low = number;
    for (const target of loads.get(file) ?? []) {
      if (!loads.has(target)) continue;
      if (!order.has(target)) low = Math.min(low, visit(target));
      else if (open.includes(target)) low = Math.min(low, lowest.get(target) ?? order.get(target) ?? low);
    }
    lowest.set(file, low);
    if (low === number) {
      const group = open.splice(open.indexOf(file));
      if (group.length > 1) cycles.push(group);
    }
    return low;
  };
  for (const file of loads.keys()) if (!order.has(file)) visit(file);
  return cycles;
}

const server = sourcesOf('src');
const casts = server.flatMap(castsOf).sort();
if (values.list === true) for (const cast of casts) console.log(cast);
const cycles = cyclesOf(new Map([...server, ...sourcesOf('client')].map((source) => [source.file, loadedBy(source)])));
for (const cycle of cycles) console.log(`cycle: ${cycle.join(', ')}`);

const lines = server.map(({ text }) => text.split('\n').length - 1);
const folders = new Map<string, number>();
for (const { file } of server) folders.set(dirname(file), (folders.get(dirname(file)) ?? 0) + 1);
const fullest = [...folders].sort(([, left], [, right]) => right - left).slice(0, 12);
console.log(
  `casts    ${casts.length} in ${server.length} files, ${lines.reduce((sum, count) => sum + count, 0)} lines`,
);
console.log(`cycles   ${cycles.length}`);
console.log(
  `lines    ${lines.filter((count) => count > 250).length} files over 250, ${lines.filter((count) => count > 400).length} over 400`,
);
console.log(`folders  ${folders.size}, ${(server.length / folders.size).toFixed(1)} files each; the fullest:`);
for (const [folder, count] of fullest) console.log(`${String(count).padStart(6)}  ${folder}`);
