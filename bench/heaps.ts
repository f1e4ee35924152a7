import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

// npm run bench -- heaps [objects] [--large]: what parse, dominators and summary of one snapshot cost here, and in memlab
// (scripts/install-system-deps.sh fetches it), each in a process of its own. --large opens a snapshot of 1 GB as well.

const source = (name: string): string => new URL(`../src/${name}`, import.meta.url).href;
const usage = `const used = process.cpuUsage(begun);
  console.log(JSON.stringify({ cpuSec: (used.user + used.system) / 1e6, peakMiB: process.resourceUsage().maxRSS / 1024, extra }));`;

const ours = (file: string) => `
  import { closeSync, openSync, readSync, statSync } from 'node:fs';
  import { GraphReader } from ${JSON.stringify(source('formats/heap-snapshot/graph-reader.ts'))};
  import { AnalysedHeap } from ${JSON.stringify(source('heaps/analysis/analysed-heap.ts'))};
  import { summaryOf } from ${JSON.stringify(source('heaps/analysis/summary.ts'))};
  const begun = process.cpuUsage();
  const file = ${JSON.stringify(file)};
  const reader = new GraphReader({ sizeBytes: statSync(file).size });
  const descriptor = openSync(file, 'r'), block = Buffer.alloc(1024 * 1024);
  for (let read = readSync(descriptor, block); read > 0; read = readSync(descriptor, block)) reader.push(block.subarray(0, read));
  closeSync(descriptor);
  const { nodeCount, edgeCount, classes } = summaryOf(new AnalysedHeap(reader.end()));
  const extra = { nodeCount, edgeCount, classes: classes.length };
  ${usage}`;

const memlabs = (file: string) => `
  const { getFullHeapFromFile } = require('@memlab/heap-analysis');
  const begun = process.cpuUsage();
  console.info = console.log; const say = console.log; console.log = () => {};
  getFullHeapFromFile(${JSON.stringify(file)}).then((heap) => {
    const totals = new Map();
    heap.nodes.forEach((node) => {
      const total = totals.get(node.name) ?? { count: 0, bytes: 0 };
      total.count++; total.bytes += node.self_size;
      if (node.type === 'object') totals.set(node.name, total);
    });
    const extra = { nodeCount: heap.nodes.length, classes: totals.size };
    console.log = say;
    ${usage}
  });`;

interface Cost {
  readonly cpuSec: number;
  readonly peakMiB: number;
  readonly extra: Record<string, number>;
}

function measure(args: readonly string[], cwd?: string): Cost {
  const options = { maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] as const };
  const out = execFileSync(process.execPath, [...args], {
    ...options,
    ...(cwd === undefined ? {} : { cwd }),
  } as never).toString();
  return JSON.parse(out.slice(out.lastIndexOf('{"cpuSec"')));
}

const show = (name: string, { cpuSec, peakMiB, extra }: Cost): void =>
  console.log(
    `${name.padEnd(10)} ${cpuSec.toFixed(2).padStart(6)} CPU s  ${peakMiB.toFixed(0).padStart(5)} MiB  ${JSON.stringify(extra)}`,
  );

export async function run(args: readonly string[]): Promise<void> {
  const objects = Number(args.find((one) => /^\d+$/.test(one)) ?? 250_000);
  const folder = mkdtempSync(join(tmpdir(), 'memoir-heaps-'));
  try {
    const file = join(folder, 'taken.heapsnapshot');
    const program = `class Session { constructor(i) { this.id = i; this.name = 'user ' + i; this.data = [i, { a: i }]; } }
      globalThis.m = new Map(); for (let i = 0; i < ${objects}; i++) m.set('k' + i, new Session(i));
      require('v8').writeHeapSnapshot(${JSON.stringify(file)});`;
    execFileSync(process.execPath, ['-e', program]);
    console.log(`a snapshot of ${(statSync(file).size / 1e6).toFixed(0)} MB`);
    const mine = measure(['--input-type=module', '-e', ours(file)]);
    show('memoir', mine);
    const cache =
      process.env.MEMOIR_BENCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'memoir-bench');
    const memlab = join(cache, 'memlab');
    if (existsSync(memlab)) {
      const theirs = measure(['--max-old-space-size=8192', '-e', memlabs(file)], memlab);
      show('memlab', theirs);
      console.log(
        `ratio: CPU ${(mine.cpuSec / theirs.cpuSec).toFixed(3)} (at most 0.25), memory ${(mine.peakMiB / theirs.peakMiB).toFixed(3)} (at most 0.5)`,
      );
    } else console.log('memlab is not here: scripts/install-system-deps.sh fetches it');
    if (args.includes('--large')) {
      const large = join(folder, 'large.heapsnapshot');
      await writeLarge(large);
      console.log(`a snapshot of ${(statSync(large).size / 1e6).toFixed(0)} MB`);
      show('memoir', measure(['--input-type=module', '-e', ours(large)]));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A tree of 14 million nodes with three edges each, as V8 would write it: taking a real one of that size needs 15 GB. */
async function writeLarge(file: string): Promise<void> {
  const nodes = 14_000_000;
  const out = createWriteStream(file);
  const write = async (text: string) => {
    if (!out.write(text)) await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  };
  const meta = {
    node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'],
    node_types: [['hidden', 'array', 'string', 'object'], 'string', 'number', 'number', 'number', 'number'],
    edge_fields: ['type', 'name_or_index', 'to_node'],
    edge_types: [['context', 'element', 'property'], 'string_or_number', 'node'],
  };
  const rows = async (count: number, row: (at: number) => string) => {
    for (let from = 0; from < count; from += 10_000) {
      let text = '';
      for (let at = from; at < Math.min(count, from + 10_000); at++) text += `${at === 0 ? '' : '\n,'}${row(at)}`;
      await write(text);
    }
  };
  await write(`{"snapshot":${JSON.stringify({ meta, node_count: nodes, edge_count: nodes * 3 })},\n"nodes":[`);
  await rows(nodes, (at) => `3,${at % 1000},${at * 2 + 1},${(at % 50) * 8},3,0`);
  await write('],\n"edges":[');
  await rows(nodes * 3, (at) => {
    const node = Math.floor(at / 3);
    const child = at % 3 === 2 ? Math.floor(node / 2) : node * 2 + 1 + (at % 3);
    return `2,${at % 1000},${(child % nodes) * 6}`;
  });
  await write('],\n"locations":[],\n"strings":[');
  await rows(1000, (at) => `"name${at}"`);
  await write(']}');
  await new Promise<void>((resolve) => out.end(() => resolve()));
}
