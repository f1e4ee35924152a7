import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classesOf, classTotals } from '../../../src/formats/heap-snapshot/classes.ts';
import { dominatorsOf, retainedSizes } from '../../../src/formats/heap-snapshot/dominators.ts';
import { devToolsRules, essentialEdges, memlabRules } from '../../../src/formats/heap-snapshot/essential-edges.ts';
import { ownedSizes } from '../../../src/formats/heap-snapshot/owned-sizes.ts';
import { scriptNames } from '../../../src/formats/heap-snapshot/scripts.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { readSnapshot } from './written-snapshot.ts';

/** Programs whose heaps are told apart by how they hold things. */
const programs = {
  sessions: `class Session { constructor(i) { this.id = i; this.data = [i, { a: i }]; } }
    globalThis.m = new Map(); for (let i = 0; i < 2000; i++) m.set('k' + i, new Session(i));`,
  'a long list': `let head = null; for (let i = 0; i < 20000; i++) head = { next: head }; globalThis.head = head;`,
  'WeakMaps and closures': `globalThis.w = new WeakMap(); globalThis.keys = [];
    for (let i = 0; i < 500; i++) { const k = {}; keys.push(k, () => k); w.set(k, { v: new Array(10).fill(i) }); }`,
};

const olderNode = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => existsSync(path) && !execFileSync(path, ['--version']).toString().startsWith('v24.'),
);
const nodes: [string, string | undefined][] = [
  ['this Node', process.execPath],
  ['the system’s older Node', olderNode],
];

const cache =
  process.env.MEMOIR_BENCH_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'memoir-bench');
const memlab = join(cache, 'memlab');
const lacksMemlab =
  !existsSync(join(memlab, 'node_modules/@memlab/heap-analysis')) || process.env.WITHOUT_SYSTEM === '1';
if (lacksMemlab && process.env.REQUIRE_SYSTEM === '1')
  throw new Error(`REQUIRE_SYSTEM=1, but memlab is not in ${memlab}`);

function snapshotOf(executable: string, program: string, folder: string): string {
  const file = join(folder, 'taken.heapsnapshot');
  execFileSync(executable, ['-e', `${program}; require('v8').writeHeapSnapshot(${JSON.stringify(file)})`]);
  return file;
}

/** Retained sizes as memlab has them, from a process of its own: it keeps state in its modules and prints. */
function memlabRetained(file: string, folder: string): Float64Array {
  const out = join(folder, 'retained');
  const program = `
    const { getFullHeapFromFile } = require('@memlab/heap-analysis');
    getFullHeapFromFile(${JSON.stringify(file)}).then((heap) => {
      const sizes = new Float64Array(heap.nodes.length);
      for (let at = 0; at < sizes.length; at++) sizes[at] = heap.nodes.get(at).retainedSize;
      require('fs').writeFileSync(${JSON.stringify(out)}, sizes);
    });`;
  execFileSync(process.execPath, ['-e', program], { cwd: memlab, stdio: 'ignore' });
  return new Float64Array(new Uint8Array(readFileSync(out)).buffer);
}

describe.each(nodes)('snapshots of %s', (_, executable) => {
  it.skipIf(executable === undefined)('name class, count, retained size and script of what a program keeps', () => {
    const folder = temporaryFolder();
    const graph = readSnapshot(readFileSync(snapshotOf(executable as string, programs.sessions, folder)));
    const tree = dominatorsOf(graph, essentialEdges(graph, devToolsRules));
    const sizes = ownedSizes(graph);
    const index = classesOf(graph);
    const totals = classTotals(index, sizes, retainedSizes(sizes, tree), tree.dominator);
    const at = index.classes.findIndex(({ name, place }) => name === 'Session' && place !== null);
    expect(totals[at]?.count).toBe(2000);
    expect(totals[at]?.retainedBytes).toBeGreaterThan(2000 * 100);
    expect(scriptNames(graph).get(index.classes[at]?.place?.scriptId as number)).toBe('[eval]');
  });

  describe.each(Object.entries(programs))('of %s', (_name, program) => {
    it.skipIf(executable === undefined || lacksMemlab)(
      'have memlab’s retained sizes by memlab’s rules, node by node',
      () => {
        const folder = temporaryFolder();
        const file = snapshotOf(executable as string, program, folder);
        const graph = readSnapshot(readFileSync(file));
        const expected = memlabRetained(file, folder);
        const retained = retainedSizes(
          graph.selfSizes.toArray(),
          dominatorsOf(graph, essentialEdges(graph, memlabRules)),
        );
        const different = [...retained.keys()].filter((node) => retained[node] !== expected[node]);
        expect([expected.length, different]).toEqual([graph.nodeCount, []]);
      },
    );
  });
});
