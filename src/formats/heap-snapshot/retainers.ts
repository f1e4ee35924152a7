import { runningTotals, wordAt } from './columns.ts';
import type { EdgeSet } from './edge-set.ts';
import { edgeTarget, type HeapGraph } from './heap-graph.ts';

/** The edges of a graph turned round: what leads to node `n` is `edges[first[n]]` up to `edges[first[n + 1]]`. */
export interface Retainers {
  readonly first: Uint32Array;
  /** Numbers of edges. */
  readonly edges: Uint32Array;
}

/** The edges of a set that lead to each node. */
export function retainersOf(graph: HeapGraph, wanted: EdgeSet): Retainers {
  const { nodeCount, edgeCount } = graph;
  const first = new Uint32Array(nodeCount + 1);
  for (let edge = 0; edge < edgeCount; edge++) {
    if (!wanted.has(edge)) continue;
    const target = edgeTarget(graph.edges, edge);
    first[target] = wordAt(first, target) + 1;
  }
  const found = new Uint32Array(runningTotals(first));
  // From the back, so that each node's retainers keep the file's order and `first` ends where it belongs.
  for (let edge = edgeCount - 1; edge >= 0; edge--) {
    if (!wanted.has(edge)) continue;
    const target = edgeTarget(graph.edges, edge);
    const place = wordAt(first, target) - 1;
    first[target] = place;
    found[place] = edge;
  }
  return { first, edges: found };
}

/** The node that an edge comes from. */
export function sourceOf(graph: HeapGraph, edge: number): number {
  const { firstEdge, nodeCount } = graph;
  let low = 0;
  let high = nodeCount;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (wordAt(firstEdge, middle) <= edge) low = middle;
    else high = middle;
  }
  return low;
}
