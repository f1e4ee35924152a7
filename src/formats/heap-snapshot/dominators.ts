import { longer, release, runningTotals, sizeAt, wordAt } from './columns.ts';
import type { EdgeSet } from './edge-set.ts';
// Long: one algorithm over arrays that its steps share.
import { edgeTarget, type HeapGraph } from './heap-graph.ts';
import { PackedColumn } from './packed-column.ts';

export interface Dominators {
  /** The node that every way from the root leads through last; the root's own is the root. */
  readonly dominator: Uint32Array;
  /** Nodes in an order in which each comes after its dominator; the root is the first. */
  readonly order: Uint32Array<ArrayBuffer>;
}

/** Marks a vertex that edges from later vertices lead to, and the first of its sources. */
const flag = 0x8000_0000;
const unflagged = 0x7fff_ffff;

/**
 * Dominators by Lengauer and Tarjan (1979, the simple version: O(m log n), also on graphs made to be slow), without
 * recursion and in typed arrays only. What no essential edge leads to is taken as held by the root; what only such nodes
 * hold, and circles that nothing leads to, hang below them.
 *
 * It is the moment when a snapshot takes most memory, so nothing is kept twice: sources are listed only for edges that lead
 * back in the search's order (the others settle a semidominator when they are seen), two lists lie in parts of arrays that
 * are not in use yet, or no more, and the numbers of the nodes are packed until they are asked for again.
 */
export function dominatorsOf(graph: HeapGraph, essential: EdgeSet): Dominators {
  const n = graph.nodeCount;
  const { numbers, parent, semi, sources } = prepare(graph, essential);
  // A vertex that is linked has a label; one that is not yet heads the list of those whose semidominator it is.
  const label = new Uint32Array(n + 1);
  const bucket = label;
  // A vertex is in such a list until its dominator is known.
  const dominator = new Uint32Array(n + 1);
  const nextInBucket = dominator;
  let path = new Uint32Array(1024);
  // Above `linked` a vertex's parent is its ancestor in the forest that is being linked, and is compressed in place.
  let linked = n + 1;

  const evaluate = (v: number): number => {
    if (v < linked) return v;
    let height = 0;
    let at = v;
    while (wordAt(parent, at) >= linked) {
      if (height === path.length) path = longer(path);
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

  let source = sources.length;
  for (let w = n; w >= 2; w--) {
    const up = wordAt(parent, w);
    let lowest = wordAt(semi, w);
    if (lowest >= flag) {
      lowest &= unflagged;
      for (let last = false; !last; ) {
        const from = wordAt(sources, --source);
        last = from >= flag;
        const u = wordAt(semi, evaluate(from & unflagged));
        if (u < lowest) lowest = u;
      }
    }
    semi[w] = lowest;
    nextInBucket[w] = wordAt(bucket, lowest);
    bucket[lowest] = w;
    label[w] = w;
    linked = w;
    for (let v = wordAt(bucket, up); v !== 0; ) {
      const next = wordAt(nextInBucket, v);
      const u = evaluate(v);
      dominator[v] = wordAt(semi, u) < wordAt(semi, v) ? u : up;
      v = next;
    }
    bucket[up] = 0;
  }
  for (const done of [sources, label, parent]) release(done);
  dominator[1] = 1;
  for (let w = 2; w <= n; w++) {
    if (dominator[w] !== semi[w]) dominator[w] = wordAt(dominator, wordAt(dominator, w));
  }
  release(semi);
  const node = new Uint32Array(n + 1);
  for (let at = 0; at < n; at++) node[numbers.at(at)] = at;
  const result = new Uint32Array(n);
  for (let w = 1; w <= n; w++) result[wordAt(node, w)] = wordAt(node, wordAt(dominator, w));
  release(dominator);
  return { dominator: result, order: node.subarray(1) };
}

/** Vertices are numbered from 1 in the order of the search, 0 is nothing; nodes are numbers of the graph. */
interface Preparation {
  /** The vertex of a node. */
  readonly numbers: PackedColumn;
  readonly parent: Uint32Array<ArrayBuffer>;
  /** The lowest vertex that leads to one by a later or tree edge; flagged where `sources` has more of them. */
  readonly semi: Uint32Array<ArrayBuffer>;
  /** The later vertices that lead to each, vertex by vertex; the first of each is flagged. */
  readonly sources: Uint32Array<ArrayBuffer>;
}

function prepare(graph: HeapGraph, essential: EdgeSet): Preparation {
  const { nodeCount, firstEdge, edges } = graph;
  const { number, parent } = search(graph, essential);
  const semi = parent.slice();
  const first = new Uint32Array(nodeCount + 2);
  for (let from = 0; from < nodeCount; from++) {
    const u = wordAt(number, from);
    const end = wordAt(firstEdge, from + 1);
    for (let edge = wordAt(firstEdge, from); edge < end; edge++) {
      if (!essential.has(edge)) continue;
      const w = wordAt(number, edgeTarget(edges, edge));
      if (u < wordAt(semi, w)) semi[w] = u;
      else if (u > w) first[w] = wordAt(first, w) + 1;
    }
  }
  first[1] = 0;
  const sources = new Uint32Array(runningTotals(first));
  for (let from = 0; from < nodeCount; from++) {
    const u = wordAt(number, from);
    const end = wordAt(firstEdge, from + 1);
    for (let edge = wordAt(firstEdge, from); edge < end; edge++) {
      if (!essential.has(edge)) continue;
      const w = wordAt(number, edgeTarget(edges, edge));
      if (u <= w || w === 1) continue;
      const place = wordAt(first, w) - 1;
      first[w] = place;
      sources[place] = u;
    }
  }
  for (let w = 2; w <= nodeCount; w++) {
    const place = wordAt(first, w);
    if (place === wordAt(first, w + 1)) continue;
    sources[place] = (wordAt(sources, place) | flag) >>> 0;
    semi[w] = (wordAt(semi, w) | flag) >>> 0;
  }
  release(first);
  const numbers = new PackedColumn(nodeCount);
  for (let at = 0; at < nodeCount; at++) numbers.push(wordAt(number, at));
  release(number);
  return { numbers, parent, semi, sources };
}

/** Numbers all nodes depth first from the root, then from what the root does not reach, as if the root led there. */
function search(graph: HeapGraph, essential: EdgeSet) {
  const { firstEdge, edges, nodeCount } = graph;
  const node = new Uint32Array(nodeCount + 1);
  const number = new Uint32Array(nodeCount);
  const parent = new Uint32Array(nodeCount + 1);
  const nextEdge = new Uint32Array(nodeCount);
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
      while (edge < end && (!essential.has(edge) || number[edgeTarget(edges, edge)] !== 0)) edge++;
      nextEdge[at] = edge + 1;
      if (edge < end) {
        const target = edgeTarget(edges, edge);
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
  // Mostly the root reaches everything.
  const held = count < nodeCount ? heldNodes(graph, essential) : new Uint8Array(0);
  for (const circles of [false, true]) {
    for (let orphan = 0; orphan < nodeCount && count < nodeCount; orphan++) {
      if (number[orphan] === 0 && (circles || held[orphan] === 0)) walk(orphan, 1);
    }
  }
  for (const done of [nextEdge, held, node]) release(done);
  return { number, parent };
}

/** Marks with 1 what an essential edge leads to. */
function heldNodes({ nodeCount, edgeCount, edges }: HeapGraph, essential: EdgeSet): Uint8Array<ArrayBuffer> {
  const held = new Uint8Array(nodeCount);
  for (let edge = 0; edge < edgeCount; edge++) if (essential.has(edge)) held[edgeTarget(edges, edge)] = 1;
  return held;
}

/** What would be freed with each node: its own size and that of everything it dominates. */
export function retainedSizes(
  sizes: Uint32Array | Float64Array,
  { dominator, order }: Dominators,
): Uint32Array | Float64Array {
  let total = 0;
  for (let node = 0; node < sizes.length; node++) total += sizeAt(sizes, node);
  const retained = total > 0xffff_ffff ? Float64Array.from(sizes) : Uint32Array.from(sizes);
  for (let at = order.length - 1; at > 0; at--) {
    const node = wordAt(order, at);
    const above = wordAt(dominator, node);
    retained[above] = sizeAt(retained, above) + sizeAt(retained, node);
  }
  return retained;
}
