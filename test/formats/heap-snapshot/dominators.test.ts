import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childrenOf, classesOf, classTotals } from '../../../src/formats/heap-snapshot/classes.ts';
import { dominatorsOf, retainedSizes } from '../../../src/formats/heap-snapshot/dominators.ts';
import { EdgeSet } from '../../../src/formats/heap-snapshot/edge-set.ts';
import { essentialEdges } from '../../../src/formats/heap-snapshot/essential-edges.ts';
import { edgeTarget, type HeapGraph } from '../../../src/formats/heap-snapshot/heap-graph.ts';
import { ownedSizes } from '../../../src/formats/heap-snapshot/owned-sizes.ts';
import { retainersOf, sourceOf } from '../../../src/formats/heap-snapshot/retainers.ts';
import { readSnapshot, type WrittenNode, writeSnapshot } from './written-snapshot.ts';

const graphOf = (nodes: readonly WrittenNode[]): HeapGraph => readSnapshot(writeSnapshot(nodes));
const dominators = (graph: HeapGraph): number[] => [...dominatorsOf(graph, essentialEdges(graph)).dominator];

/** What `starts` reach by essential edges when one node is taken out. */
function reachable(graph: HeapGraph, essential: EdgeSet, starts: readonly number[], without = -1): Set<number> {
  const queue = starts.filter((start) => start !== without);
  const seen = new Set(queue);
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    for (let edge = graph.firstEdge[node] as number; edge < (graph.firstEdge[node + 1] as number); edge++) {
      const target = edgeTarget(graph.edges, edge);
      if (!essential.has(edge) || target === without || seen.has(target)) continue;
      seen.add(target);
      queue.push(target);
    }
  }
  return seen;
}

/** The root, what no essential edge leads to, and one node of every circle that is left. */
function startsOf(graph: HeapGraph, essential: EdgeSet): number[] {
  const targets = new Set<number>();
  for (let edge = 0; edge < graph.edgeCount; edge++)
    if (essential.has(edge)) targets.add(edgeTarget(graph.edges, edge));
  const starts = [0];
  for (const held of [false, true]) {
    for (let node = 0; node < graph.nodeCount; node++) {
      if (targets.has(node) === held && !reachable(graph, essential, starts).has(node)) starts.push(node);
    }
  }
  return starts;
}

describe('dominators', () => {
  it('are what every way from the root leads through, for any graph', () => {
    const graphs = fc.integer({ min: 1, max: 12 }).chain((count) =>
      fc
        .array(fc.record({ from: fc.nat(count - 1), to: fc.nat(count - 1), weak: fc.boolean() }), { maxLength: 30 })
        .map((edges): WrittenNode[] =>
          Array.from({ length: count }, (_, node) => ({
            size: 1,
            edges: edges
              .filter(({ from }) => from === node)
              .map(({ to, weak }, name) => ({ type: weak && name % 3 === 0 ? 'weak' : 'property', to })),
          })),
        ),
    );
    fc.assert(
      fc.property(graphs, (nodes) => {
        const graph = graphOf(nodes);
        const essential = essentialEdges(graph);
        const tree = dominatorsOf(graph, essential);
        const retained = retainedSizes(graph.selfSizes.toArray(), tree);
        const starts = startsOf(graph, essential);
        for (let node = 1; node < graph.nodeCount; node++) {
          // What vanishes with a node is what it dominates.
          const left = reachable(graph, essential, starts, node);
          expect(retained[node]).toBe(graph.nodeCount - left.size);
        }
        expect(retained[0]).toBe(graph.nodeCount);
        expect([...tree.order].sort((a, b) => a - b)).toEqual([...Array(graph.nodeCount).keys()]);
      }),
      { numRuns: 300 },
    );
  });

  it('cost no recursion and no rounds on a list of 100,000 objects that point to each other', () => {
    const count = 100_000;
    const nodes = Array.from({ length: count }, (_, at): WrittenNode => {
      const next = at + 1 < count ? [{ to: at + 1 }] : [];
      return { size: 1, edges: at === 0 ? next : [...next, { to: at - 1 }] };
    });
    const graph = graphOf(nodes);
    const tree = dominatorsOf(graph, essentialEdges(graph));
    expect(tree.dominator[count - 1]).toBe(count - 2);
    expect(retainedSizes(graph.selfSizes.toArray(), tree)[1]).toBe(count - 1);
  });

  it('leave out weak edges, shortcuts below the root, and what only V8 holds of what the program holds', () => {
    // 1: globals; 2: V8's own; 3: held by both.
    const graph = graphOf([
      {
        edges: [
          { type: 'shortcut', to: 1 },
          { type: 'element', name: 1, to: 2 },
        ],
      },
      { edges: [{ to: 3 }, { type: 'weak', to: 4 }] },
      {
        edges: [
          { type: 'internal', to: 3 },
          { type: 'shortcut', to: 4 },
          { type: 'internal', to: 5 },
        ],
      },
      {},
      {},
      {},
    ]);
    expect(dominators(graph)).toEqual([0, 0, 0, 1, 0, 2]);
  });

  it('let the key of a WeakMap hold the value, not the table', () => {
    const name = '2 / part of key (Key @5) -> value (Value @7) pair in WeakMap (table @3)';
    const graph = graphOf([
      { edges: [{ to: 1 }, { to: 2 }] },
      { type: 'array', id: 3, edges: [{ type: 'internal', name, to: 3 }] },
      { name: 'Key', id: 5, edges: [{ type: 'internal', name, to: 3 }] },
      { name: 'Value', id: 7 },
    ]);
    expect(dominators(graph)).toEqual([0, 0, 0, 2]);
  });
});

describe('sizes and classes', () => {
  it('count an array that one object has as that object’s, and one that two have as its own', () => {
    const graph = graphOf([
      { type: 'synthetic', edges: [{ to: 1 }, { to: 2 }] },
      { name: 'Map', size: 16, edges: [{ type: 'internal', name: 'table', to: 3 }, { to: 4 }] },
      { name: 'Set', size: 16, edges: [{ to: 4 }] },
      { type: 'array', size: 1000, edges: [{ type: 'internal', to: 5 }] },
      { type: 'array', size: 50 },
      { type: 'hidden', size: 7 },
    ]);
    expect([...ownedSizes(graph)]).toEqual([0, 1023, 16, 0, 50, 0]);
  });

  it('tell two classes of one name apart by where they stand, and count nested ones once', () => {
    const graph = graphOf([
      { type: 'synthetic', edges: [{ to: 1 }, { to: 3 }] },
      { name: 'Node', size: 10, place: [1, 4, 2], edges: [{ to: 2 }] },
      { name: 'Node', size: 10, place: [1, 4, 2] },
      { name: 'Node', size: 10, place: [2, 4, 2] },
    ]);
    const index = classesOf(graph);
    const tree = dominatorsOf(graph, essentialEdges(graph));
    const sizes = graph.selfSizes.toArray();
    const totals = classTotals(index, sizes, retainedSizes(sizes, tree), tree.dominator);
    expect(index.classes.map((entry, at) => [entry.name, entry.place?.scriptId, totals[at]])).toEqual([
      ['(synthetic)', undefined, { count: 1, selfBytes: 0, retainedBytes: 30 }],
      ['Node', 1, { count: 2, selfBytes: 20, retainedBytes: 20 }],
      ['Node', 2, { count: 1, selfBytes: 10, retainedBytes: 10 }],
    ]);
    expect(index.classes[1]?.place).toEqual({ scriptId: 1, line: 5, column: 3 });
    expect([...childrenOf(tree.dominator).nodes]).toEqual([1, 3, 2]);
  });

  it('list what leads to an object, in the order of the file', () => {
    const graph = graphOf([
      { edges: [{ to: 1 }, { to: 2 }] },
      { edges: [{ to: 2 }] },
      { edges: [{ to: 2 }, { to: 1 }] },
    ]);
    const all = new EdgeSet(graph.edgeCount);
    for (let edge = 0; edge < graph.edgeCount; edge++) all.add(edge);
    const { first, edges } = retainersOf(graph, all);
    const sources = [...edges.subarray(first[2], first[3])].map((edge) => sourceOf(graph, edge));
    expect(sources).toEqual([0, 1, 2]);
  });
});
