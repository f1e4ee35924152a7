import { runningTotals, wordAt } from './columns.ts';
import type { HeapGraph } from './heap-graph.ts';

/** The edges of a graph turned round: what leads to node `n` is `edges[first[n]]` up to `edges[first[n + 1]]`. */
export interface Retainers {
  readonly first: Uint32Array;
  /** Numbers of edges. */
  readonly edges: Uint32Array;
}

/** All edges that lead to each node, or those that `mask` marks. */
export function retainersOf(graph: HeapGraph, mask: Uint8Array | null): Retainers {
  const { nodeCount, edgeCount, edgeTargets } = graph;
  const first = new Uint32Array(nodeCount + 1);
  for (let edge = 0; edge < edgeCount; edge++) {
    if (mask !== null && mask[edge] !== 1) continue;
    const target = wordAt(edgeTargets, edge);
    first[target] = wordAt(first, target) + 1;
  }
  const edges = new Uint32Array(runningTotals(first));
  // From the back, so that each node's retainers keep the file's order and `first` ends where it belongs.
  for (let edge = edgeCount - 1; edge >= 0; edge--) {
    if (mask !== null && mask[edge] !== 1) continue;
    const target = wordAt(edgeTargets, edge);
    const place = wordAt(first, target) - 1;
    first[target] = place;
    edges[place] = edge;
  }
  return { first, edges };
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
