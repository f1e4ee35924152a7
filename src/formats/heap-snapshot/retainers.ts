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
    if (mask === null || mask[edge] === 1) (first[edgeTargets[edge] as number] as number)++;
  }
  let total = 0;
  for (let node = 0; node <= nodeCount; node++) {
    total += first[node] as number;
    first[node] = total;
  }
  const edges = new Uint32Array(total);
  // From the back, so that each node's retainers keep the file's order and `first` ends where it belongs.
  for (let edge = edgeCount - 1; edge >= 0; edge--) {
    if (mask !== null && mask[edge] !== 1) continue;
    const target = edgeTargets[edge] as number;
    const place = (first[target] as number) - 1;
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
    if ((firstEdge[middle] as number) <= edge) low = middle;
    else high = middle;
  }
  return low;
}
