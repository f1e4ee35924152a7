import { doubleAt, runningTotals, wordAt } from './columns.ts';
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
    while (wordAt(parent, at) >= linked) {
      path[height++] = at;
      at = wordAt(parent, at);
    }
    // `at` is directly below the part that is not linked yet.
    while (height > 0) {
      const w = wordAt(path, --height);
      const ancestor = wordAt(parent, w);
      if (wordAt(semi, wordAt(label, ancestor)) < wordAt(semi, wordAt(label, w))) {
        label[w] = wordAt(label, ancestor);
      }
      parent[w] = wordAt(parent, ancestor);
    }
    return wordAt(label, v);
  };

  for (let w = n; w >= 2; w--) {
    const up = wordAt(parent, w);
    const target = wordAt(node, w);
    let lowest = wordAt(semi, w);
    if (forest[target] === 1) lowest = 1;
    const end = wordAt(first, target + 1);
    for (let at = wordAt(first, target); at < end; at++) {
      const u = wordAt(semi, evaluate(wordAt(number, wordAt(sources, at))));
      if (u < lowest) lowest = u;
    }
    semi[w] = lowest;
    nextInBucket[w] = wordAt(bucket, lowest);
    bucket[lowest] = w;
    linked = w;
    for (let v = wordAt(bucket, up); v !== 0; v = wordAt(nextInBucket, v)) {
      const u = evaluate(v);
      dominator[v] = wordAt(semi, u) < wordAt(semi, v) ? u : up;
    }
    bucket[up] = 0;
  }
  dominator[1] = 1;
  for (let w = 2; w <= n; w++) {
    if (dominator[w] !== semi[w]) dominator[w] = wordAt(dominator, wordAt(dominator, w));
  }
  const result = new Uint32Array(n);
  for (let w = 1; w <= n; w++) result[wordAt(node, w)] = wordAt(node, wordAt(dominator, w));
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
    nextEdge[target] = wordAt(firstEdge, target);
  };
  const walk = (start: number, from: number) => {
    visit(start, from);
    let at = start;
    for (;;) {
      const end = wordAt(firstEdge, at + 1);
      let edge = wordAt(nextEdge, at);
      while (edge < end && (essential[edge] === 0 || number[wordAt(edgeTargets, edge)] !== 0)) edge++;
      nextEdge[at] = edge + 1;
      if (edge < end) {
        const target = wordAt(edgeTargets, edge);
        visit(target, wordAt(number, at));
        at = target;
      } else if (at === start) {
        return;
      } else {
        at = wordAt(node, wordAt(parent, wordAt(number, at)));
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
    if (essential[edge] !== 1) continue;
    const target = wordAt(edgeTargets, edge);
    first[target] = wordAt(first, target) + 1;
  }
  const sources = new Uint32Array(runningTotals(first));
  for (let source = nodeCount - 1; source >= 0; source--) {
    const begin = wordAt(firstEdge, source);
    for (let edge = wordAt(firstEdge, source + 1) - 1; edge >= begin; edge--) {
      if (essential[edge] !== 1) continue;
      const target = wordAt(edgeTargets, edge);
      const place = wordAt(first, target) - 1;
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
    const node = wordAt(order, at);
    const above = wordAt(dominator, node);
    retained[above] = doubleAt(retained, above) + doubleAt(retained, node);
  }
  return retained;
}
