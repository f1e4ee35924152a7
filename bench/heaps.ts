import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphReader } from '../src/formats/heap-snapshot/graph-reader.ts';
import { edgeKind, edgeTarget } from '../src/formats/heap-snapshot/heap-graph.ts';
import { edgeType, isIndexed, nodeType } from '../src/formats/heap-snapshot/snapshot-format.ts';

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
      const mixed = join(folder, 'mixed.heapsnapshot');
      execFileSync(process.execPath, ['-e', mixedProgram(mixed)]);
      await writeLarge(large, mixed);
      console.log(`a snapshot of ${(statSync(large).size / 1e6).toFixed(0)} MB`);
      const opened = measure(['--input-type=module', '-e', ours(large)]);
      show('memoir', opened);
      const numbers = (opened.extra.nodeCount ?? 0) * 6 + (opened.extra.edgeCount ?? 0) * 3;
      const perNumber = (opened.peakMiB * 2 ** 20) / numbers;
      console.log(
        `${numbers} numbers, ${perNumber.toFixed(2)} bytes each at the peak, Node itself included (at most 4)`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A program whose objects come and go in no order: what is regular packs better than any service would. */
const mixedProgram = (file: string) => `
  let seed = 1;
  const random = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) % n; };
  const text = () => random(1e9).toString(36);
  class Session {
    constructor() {
      Object.assign(this, { id: random(1e9), name: text(), tags: Array.from({ length: random(4) }, () => 'tag ' + random(5000)) });
    }
  }
  class Order { constructor(of) { this.of = of; this.lines = []; } }
  class Line { constructor() { this.text = 'item ' + random(20000); this.price = random(1e5) / 3; } }
  const byId = new Map(), all = [], listeners = new Set();
  for (let i = 0; i < 160000; i++) {
    const session = new Session();
    byId.set(text(), session);
    all[random(120000)] = session;
    if (random(3) === 0) {
      session.order = new Order(all[random(all.length)]);
      for (let n = random(5); n > 0; n--) session.order.lines.push(new Line());
    }
    if (random(9) === 0) listeners.add(() => session.id);
    if (random(50) === 0) session.buffer = new Uint8Array(random(500));
  }
  globalThis.kept = { byId, all, listeners };
  require('v8').writeHeapSnapshot(${JSON.stringify(file)});`;

/**
 * Copies of a real snapshot side by side below one root, each with strings and ids of its own, until the file has a
 * gigabyte: taking a real one of that size needs a service of 15 GB.
 */
async function writeLarge(file: string, taken: string): Promise<void> {
  const reader = new GraphReader({ sizeBytes: statSync(taken).size });
  for await (const chunk of createReadStream(taken)) reader.push(chunk);
  const { nodeCount, edgeCount, strings, locations, ...graph } = reader.end();
  const copies = Math.ceil(1e9 / statSync(taken).size);
  const fields = ['type', 'name', 'id', 'self_size', 'edge_count', 'detachedness'];
  const header = {
    meta: {
      node_fields: fields,
      node_types: [Object.keys(nodeType), 'string', 'number', 'number', 'number', 'number'],
      edge_fields: ['type', 'name_or_index', 'to_node'],
      edge_types: [Object.keys(edgeType), 'string_or_number', 'node'],
      location_fields: ['object_index', 'script_id', 'line', 'column'],
    },
    node_count: copies * nodeCount + 1,
    edge_count: copies * (edgeCount + 1),
  };
  const out = createWriteStream(file);
  const write = async (text: string) => {
    if (!out.write(text)) await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  };
  const rows = async (first: string | null, count: number, row: (at: number, copy: number) => string) => {
    let text = first ?? '';
    for (let copy = 0; copy < copies; copy++) {
      for (let at = 0; at < count; at++) {
        text += `${copy === 0 && at === 0 && first === null ? '' : '\n,'}${row(at, copy)}`;
        if (text.length < 1024 * 1024) continue;
        await write(text);
        text = '';
      }
    }
    await write(text);
  };
  const placeOf = (node: number, copy: number) => (copy * nodeCount + node + 1) * fields.length;
  let lastId = 0;
  for (let node = 0; node < nodeCount; node++) lastId = Math.max(lastId, graph.nodeIds.at(node) + 1);
  await write(`{"snapshot":${JSON.stringify(header)},\n"nodes":[`);
  await rows(`${nodeType.synthetic},0,1,0,${copies},0`, nodeCount, (node, copy) => {
    const edges = (graph.firstEdge[node + 1] ?? 0) - (graph.firstEdge[node] ?? 0);
    const name = graph.nodeNames.at(node) + copy * strings.length;
    const id = graph.nodeIds.at(node) + (copy + 1) * lastId;
    return `${graph.nodeTypes[node]},${name},${id},${graph.selfSizes.at(node)},${edges},0`;
  });
  const roots = Array.from({ length: copies }, (_, copy) => `${edgeType.element},${copy},${placeOf(0, copy)}`);
  await write('],\n"edges":[');
  await rows(roots.join('\n,'), edgeCount, (edge, copy) => {
    const kind = edgeKind(graph.edges, edge);
    const name = graph.edgeNames.at(edge) + (isIndexed(kind) ? 0 : copy * strings.length);
    return `${kind},${name},${placeOf(edgeTarget(graph.edges, edge), copy)}`;
  });
  await write('],\n"locations":[');
  await rows(null, locations.count, (at, copy) => {
    const { nodes, scripts, lines, columns } = locations;
    return `${placeOf(nodes[at] ?? 0, copy)},${scripts[at]},${lines[at]},${columns[at]}`;
  });
  await write('],\n"strings":[');
  await rows(null, strings.length, (at) => JSON.stringify(strings.text(at)));
  await write(']}');
  await new Promise<void>((resolve) => out.end(() => resolve()));
}
