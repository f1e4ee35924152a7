import { release, wordAt } from './columns.ts';
import { EdgeSet } from './edge-set.ts';
import { edgeKind, edgeTarget, type HeapGraph } from './heap-graph.ts';
import { edgeType } from './snapshot-format.ts';

/** V8's name of an edge into a value of a WeakMap: both the table and the key have one (heap-snapshot-generator.cc). */
const ephemeron = /^\d+ \/ part of key \(.*? @\d+\) -> value \(.*? @\d+\) pair in WeakMap \(table @(\d+)\)$/;

export interface EssentialEdgeRules {
  /**
   * What counts as reachable by the program itself: what its global objects lead to (shortcuts at the root), or whatever
   * the root's elements lead to.
   */
  readonly program: 'GLOBALS' | 'ROOTS';
  /**
   * Whether a WeakMap's table retains its values. A value lives as long as its key and the table do; either edge would
   * do, and the one from the key tells more.
   */
  readonly weakMapTables: boolean;
}

/** As Chrome DevTools decides (HeapSnapshot.ts: isEssentialEdge, markPageOwnedNodes). */
export const devToolsRules: EssentialEdgeRules = { program: 'GLOBALS', weakMapTables: false };

/** As memlab 2.0 decides (TraceFinder.js: flagReachableNodesFromWindow), to compare with it. */
export const memlabRules: EssentialEdgeRules = { program: 'ROOTS', weakMapTables: true };

/**
 * The edges that decide who retains what: weak edges retain nothing; shortcuts count from the root only, where they mark
 * the user's global objects; an object does not retain itself; what the program itself can reach is not retained by what only V8 or a debugger can reach.
 */
export function essentialEdges(graph: HeapGraph, rules: EssentialEdgeRules = devToolsRules): EdgeSet {
  const { nodeCount, edges, edgeNames, firstEdge, nodeIds } = graph;
  const essential = new EdgeSet(graph.edgeCount);
  const owned = programOwned(graph, rules.program === 'GLOBALS' ? edgeType.shortcut : edgeType.element);
  const tables = rules.weakMapTables ? null : weakMapTables(graph);
  for (let node = 0; node < nodeCount; node++) {
    const isOwned = node === 0 || owned[node] === 1;
    const end = wordAt(firstEdge, node + 1);
    for (let edge = wordAt(firstEdge, node); edge < end; edge++) {
      const type = edgeKind(edges, edge);
      const target = edgeTarget(edges, edge);
      if (type === edgeType.weak || target === node) continue;
      if (type === edgeType.shortcut && node !== 0) continue;
      if (!isOwned && owned[target] === 1) continue;
      if (tables !== null && type === edgeType.internal) {
        const table = tables.get(edgeNames.at(edge));
        if (table !== undefined && table === nodeIds.at(node)) continue;
      }
      essential.add(edge);
    }
  }
  return essential;
}

/** Nodes that the root's edges of one type lead to, without weak edges. */
function programOwned(graph: HeapGraph, entries: number): Uint8Array {
  const { edges, firstEdge } = graph;
  const owned = new Uint8Array(graph.nodeCount);
  const stack = new Uint32Array(graph.nodeCount);
  let height = 0;
  for (let edge = 0; edge < wordAt(firstEdge, 1); edge++) {
    const target = edgeTarget(edges, edge);
    if (edgeKind(edges, edge) !== entries || owned[target] === 1) continue;
    owned[target] = 1;
    stack[height++] = target;
  }
  while (height > 0) {
    const node = wordAt(stack, --height);
    const end = wordAt(firstEdge, node + 1);
    for (let edge = wordAt(firstEdge, node); edge < end; edge++) {
      const target = edgeTarget(edges, edge);
      if (owned[target] === 1 || edgeKind(edges, edge) === edgeType.weak) continue;
      owned[target] = 1;
      stack[height++] = target;
    }
  }
  release(stack);
  return owned;
}

/** For names of ephemeron edges, the id of the table that they name. */
function weakMapTables(graph: HeapGraph): Map<number, number> {
  const tables = new Map<number, number>();
  for (let index = 0; index < graph.strings.length; index++) {
    // The shortest such name is longer than this.
    if (graph.strings.bytes(index) < 50) continue;
    const match = ephemeron.exec(graph.strings.text(index));
    if (match !== null) tables.set(index, Number(match[1]));
  }
  return tables;
}
