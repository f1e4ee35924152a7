// Long: one algorithm over arrays that its steps share.
import type { HeapGraph } from './heap-graph.ts';

export interface Dominators {
  /** The node that every way from the root leads through last; the root's own is the root. */
  readonly dominator: Uint32Array;
  /** Nodes in an order in which each comes after its dominator; the root is the first. */
  readonly order: Uint32Array;
}

/**
 * Dominators by Lengauer and Tarjan (1979, the simple version: O(m log n), also on graphs made to be slow), without
 * recursion and in typed arrays only. What no essential edge leads to is taken as held by the root; what only such nodes
 * hold, and circles that nothing leads to, hang below them.
 */
export function dominatorsOf(graph: HeapGraph, essential: Uint8Array): Dominators {
  const n = graph.nodeCount;
  // Vertices are numbered from 1 in the order of the search, 0 is nothing; nodes are numbers of the graph.
  const node = new Uint32Array(n + 1);
  const number = new Uint32Array(n);
  const parent = new Uint32Array(n + 1);
  const { first, sources } = sourcesOf(graph, essential);
  const forest = search(graph, essential, first, { node, number, parent });

  const semi = new Uint32Array(n + 1);
  const label = new Uint32Array(n + 1);
  for (let v = 0; v <= n; v++) {
    semi[v] = v;
    label[v] = v;
  }
  const dominator = new Uint32Array(n + 1);
  // Linked lists of the vertices that have a semidominator in common.
  const bucket = new Uint32Array(n + 1);
  const nextInBucket = new Uint32Array(n + 1);
  const path = new Uint32Array(n + 1);
  // Above `linked` a vertex's parent is its ancestor in the forest that is being linked, and is compressed in place.
  let linked = n + 1;

  const evaluate = (v: number): number => {
    if (v < linked) return v;
    let height = 0;
    let at = v;
    while ((parent[at] as number) >= linked) {
      path[height++] = at;
      at = parent[at] as number;
    }
    // `at` is directly below the part that is not linked yet.
    while (height > 0) {
      const w = path[--height] as number;
      const ancestor = parent[w] as number;
      if ((semi[label[ancestor] as number] as number) < (semi[label[w] as number] as number)) {
        label[w] = label[ancestor] as number;
      }
      parent[w] = parent[ancestor] as number;
    }
    return label[v] as number;
  };

  for (let w = n; w >= 2; w--) {
    const up = parent[w] as number;
    const target = node[w] as number;
    let lowest = semi[w] as number;
    if (forest[target] === 1) lowest = 1;
    const end = first[target + 1] as number;
    for (let at = first[target] as number; at < end; at++) {
      const u = semi[evaluate(number[sources[at] as number] as number)] as number;
      if (u < lowest) lowest = u;
    }
    semi[w] = lowest;
    nextInBucket[w] = bucket[lowest] as number;
    bucket[lowest] = w;
    linked = w;
    for (let v = bucket[up] as number; v !== 0; v = nextInBucket[v] as number) {
      const u = evaluate(v);
      dominator[v] = (semi[u] as number) < (semi[v] as number) ? u : up;
    }
    bucket[up] = 0;
  }
  dominator[1] = 1;
  for (let w = 2; w <= n; w++) {
    if (dominator[w] !== semi[w]) dominator[w] = dominator[dominator[w] as number] as number;
  }
  const result = new Uint32Array(n);
  for (let w = 1; w <= n; w++) result[node[w] as number] = node[dominator[w] as number] as number;
  return { dominator: result, order: node.subarray(1) };
}

interface Numbering {
  readonly node: Uint32Array;
  readonly number: Uint32Array;
  readonly parent: Uint32Array;
}

/** Numbers all nodes depth first from the root, then from what the root does not reach. Answers with 1 for those starts. */
function search(graph: HeapGraph, essential: Uint8Array, first: Uint32Array, numbering: Numbering): Uint8Array {
  const { firstEdge, edgeTargets, nodeCount } = graph;
  const { node, number, parent } = numbering;
  const nextEdge = new Uint32Array(nodeCount);
  const starts = new Uint8Array(nodeCount);
  let count = 0;
  const visit = (target: number, from: number) => {
    count++;
    node[count] = target;
    number[target] = count;
    parent[count] = from;
    nextEdge[target] = firstEdge[target] as number;
  };
  const walk = (start: number, from: number) => {
    visit(start, from);
    let at = start;
    for (;;) {
      const end = firstEdge[at + 1] as number;
      let edge = nextEdge[at] as number;
      while (edge < end && (essential[edge] === 0 || number[edgeTargets[edge] as number] !== 0)) edge++;
      nextEdge[at] = edge + 1;
      if (edge < end) {
        const target = edgeTargets[edge] as number;
        visit(target, number[at] as number);
        at = target;
      } else if (at === start) {
        return;
      } else {
        at = node[parent[number[at] as number] as number] as number;
      }
    }
  };
  walk(0, 0);
  for (const circles of [false, true]) {
    for (let orphan = 0; orphan < nodeCount && count < nodeCount; orphan++) {
      if (number[orphan] !== 0 || (!circles && first[orphan] !== first[orphan + 1])) continue;
      starts[orphan] = 1;
      walk(orphan, 1);
    }
  }
  return starts;
}

/** The nodes that essential edges come from, by the node that they lead to. */
function sourcesOf(graph: HeapGraph, essential: Uint8Array): { first: Uint32Array; sources: Uint32Array } {
  const { nodeCount, firstEdge, edgeTargets } = graph;
  const first = new Uint32Array(nodeCount + 1);
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    if (essential[edge] === 1) (first[edgeTargets[edge] as number] as number)++;
  }
  let total = 0;
  for (let at = 0; at <= nodeCount; at++) {
    total += first[at] as number;
    first[at] = total;
  }
  const sources = new Uint32Array(total);
  for (let source = nodeCount - 1; source >= 0; source--) {
    const begin = firstEdge[source] as number;
    for (let edge = (firstEdge[source + 1] as number) - 1; edge >= begin; edge--) {
      if (essential[edge] !== 1) continue;
      const target = edgeTargets[edge] as number;
      const place = (first[target] as number) - 1;
      first[target] = place;
      sources[place] = source;
    }
  }
  return { first, sources };
}

/** What would be freed with each node: its own size and that of everything it dominates. */
export function retainedSizes(sizes: ArrayLike<number>, { dominator, order }: Dominators): Float64Array {
  const retained = Float64Array.from(sizes);
  for (let at = order.length - 1; at > 0; at--) {
    const node = order[at] as number;
    (retained[dominator[node] as number] as number) += retained[node] as number;
  }
  return retained;
}
