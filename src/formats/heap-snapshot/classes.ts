import type { HeapGraph } from './heap-graph.ts';
import { nodeType, nodeTypeNames } from './snapshot-format.ts';

/** Where a constructor or function stands; lines and columns count from 1, as editors do. */
export interface ScriptPlace {
  readonly scriptId: number;
  readonly line: number;
  readonly column: number;
}

/** What belongs together in a summary: objects of one constructor, at one place of one script. */
export interface HeapClass {
  readonly name: string;
  readonly place: ScriptPlace | null;
}

export interface ClassIndex {
  readonly classes: readonly HeapClass[];
  /** The class of each node. */
  readonly ofNode: Uint32Array;
}

/**
 * Sorts the nodes into classes as DevTools does (HeapSnapshot.ts, classKey): an object's class is its constructor's name and
 * script location, since two files may have a class of one name; everything else goes by its type.
 */
export function classesOf(graph: HeapGraph): ClassIndex {
  const { nodeCount, nodeTypes, nodeNames, strings } = graph;
  const classes: HeapClass[] = [];
  const ofNode = new Uint32Array(nodeCount);
  const { placeOfNode, places } = placesOf(graph);
  const byType = new Int32Array(256).fill(-1);
  const byName = new Map<number, number>();
  const add = (name: string, place: ScriptPlace | null): number => classes.push({ name, place }) - 1;
  for (let node = 0; node < nodeCount; node++) {
    const type = nodeTypes[node] as number;
    if (type === nodeType.object || type === nodeType.native) {
      const place = type === nodeType.object ? (placeOfNode[node] as number) : 0;
      // Names and places both count less than 2^26: the product is exact.
      const key = (nodeNames[node] as number) * 2 ** 26 + place;
      let index = byName.get(key);
      if (index === undefined) {
        index = add(strings.text(nodeNames[node] as number), places[place] ?? null);
        byName.set(key, index);
      }
      ofNode[node] = index;
    } else {
      if (byType[type] === -1) byType[type] = add(typeClass(type), null);
      ofNode[node] = byType[type] as number;
    }
  }
  return { classes, ofNode };
}

function typeClass(type: number): string {
  switch (type) {
    case nodeType.hidden:
    case nodeType.OTHER:
      return '(system)';
    case nodeType.code:
      return '(compiled code)';
    case nodeType.closure:
      return 'Function';
    case nodeType.regexp:
      return 'RegExp';
    default:
      return `(${nodeTypeNames[type]})`;
  }
}

/** The distinct places (from 1; 0 is none), and which of them each node has. */
function placesOf(graph: HeapGraph): { placeOfNode: Uint32Array; places: readonly (ScriptPlace | null)[] } {
  const { locations } = graph;
  const placeOfNode = new Uint32Array(graph.nodeCount);
  const places: (ScriptPlace | null)[] = [null];
  const known = new Map<number | string, number>();
  for (let at = 0; at < locations.count; at++) {
    const scriptId = locations.scripts[at] as number;
    const line = locations.lines[at] as number;
    const column = locations.columns[at] as number;
    const fits = scriptId < 2 ** 15 && line < 2 ** 19 && column < 2 ** 19;
    const key = fits ? (scriptId * 2 ** 19 + line) * 2 ** 19 + column : `${scriptId}:${line}:${column}`;
    let place = known.get(key);
    if (place === undefined) {
      place = places.push({ scriptId, line: line + 1, column: column + 1 }) - 1;
      known.set(key, place);
    }
    placeOfNode[locations.nodes[at] as number] = place;
  }
  return { placeOfNode, places };
}

/** A class's share of the heap. */
export interface ClassTotal {
  readonly count: number;
  readonly selfBytes: number;
  /** What would be freed with all of its objects; objects held by others of the class count once. */
  readonly retainedBytes: number;
}

/** Sums by class, in the order of `classes`. */
export function classTotals(
  { classes, ofNode }: ClassIndex,
  sizes: ArrayLike<number>,
  retained: Float64Array,
  { dominator, order }: { readonly dominator: Uint32Array; readonly order: Uint32Array },
): ClassTotal[] {
  const counts = new Float64Array(classes.length);
  const selfBytes = new Float64Array(classes.length);
  const retainedBytes = new Float64Array(classes.length);
  const children = childrenOf(dominator);
  // How many objects of a class are above, on the way down the tree.
  const above = new Uint32Array(classes.length);
  const next = children.first.slice();
  let node = order[0] as number;
  for (;;) {
    const own = ofNode[node] as number;
    if (next[node] === children.first[node]) {
      (counts[own] as number)++;
      (selfBytes[own] as number) += sizes[node] as number;
      if (above[own] === 0) (retainedBytes[own] as number) += retained[node] as number;
    }
    if ((next[node] as number) < (children.first[node + 1] as number)) {
      if (next[node] === children.first[node]) (above[own] as number)++;
      node = children.nodes[(next[node] as number)++] as number;
      continue;
    }
    // Leaves never raised the count.
    if (children.first[node] !== children.first[node + 1]) (above[own] as number)--;
    if (node === 0) break;
    node = dominator[node] as number;
  }
  return classes.map((_, index) => ({
    count: counts[index] as number,
    selfBytes: selfBytes[index] as number,
    retainedBytes: retainedBytes[index] as number,
  }));
}

/** The dominator tree downwards: what node `n` dominates directly is `nodes[first[n]]` up to `nodes[first[n + 1]]`. */
export function childrenOf(dominator: Uint32Array): { first: Uint32Array; nodes: Uint32Array } {
  const count = dominator.length;
  const first = new Uint32Array(count + 1);
  for (let node = 1; node < count; node++) (first[dominator[node] as number] as number)++;
  let total = 0;
  for (let node = 0; node <= count; node++) {
    total += first[node] as number;
    first[node] = total;
  }
  const nodes = new Uint32Array(total);
  for (let node = count - 1; node > 0; node--) {
    const place = (first[dominator[node] as number] as number) - 1;
    first[dominator[node] as number] = place;
    nodes[place] = node;
  }
  return { first, nodes };
}
