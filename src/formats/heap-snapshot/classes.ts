import { byteAt, doubleAt, longer, release, runningTotals, sizeAt, wordAt } from './columns.ts';
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
  // A class and one, 0 for none yet.
  const byType = new Uint32Array(256);
  const byName = new Map<number, number>();
  const add = (name: string, place: ScriptPlace | null): number => classes.push({ name, place }) - 1;
  for (let node = 0; node < nodeCount; node++) {
    const type = byteAt(nodeTypes, node);
    if (type === nodeType.object || type === nodeType.native) {
      const place = type === nodeType.object ? wordAt(placeOfNode, node) : 0;
      // Names and places both count less than 2^26: the product is exact.
      const name = nodeNames.at(node);
      const key = name * 2 ** 26 + place;
      let index = byName.get(key);
      if (index === undefined) {
        index = add(strings.text(name), places[place] ?? null);
        byName.set(key, index);
      }
      ofNode[node] = index;
    } else {
      if (byType[type] === 0) byType[type] = add(typeClass(type), null) + 1;
      ofNode[node] = wordAt(byType, type) - 1;
    }
  }
  release(placeOfNode);
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
function placesOf(graph: HeapGraph): {
  placeOfNode: Uint32Array<ArrayBuffer>;
  places: readonly (ScriptPlace | null)[];
} {
  const { locations } = graph;
  const placeOfNode = new Uint32Array(graph.nodeCount);
  const places: (ScriptPlace | null)[] = [null];
  const known = new Map<number | string, number>();
  for (let at = 0; at < locations.count; at++) {
    const scriptId = wordAt(locations.scripts, at);
    const line = wordAt(locations.lines, at);
    const column = wordAt(locations.columns, at);
    const fits = scriptId < 2 ** 15 && line < 2 ** 19 && column < 2 ** 19;
    const key = fits ? (scriptId * 2 ** 19 + line) * 2 ** 19 + column : `${scriptId}:${line}:${column}`;
    let place = known.get(key);
    if (place === undefined) {
      place = places.push({ scriptId, line: line + 1, column: column + 1 }) - 1;
      known.set(key, place);
    }
    placeOfNode[wordAt(locations.nodes, at)] = place;
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
  retained: ArrayLike<number>,
  dominator: Uint32Array,
): ClassTotal[] {
  const counts = new Float64Array(classes.length);
  const selfBytes = new Float64Array(classes.length);
  const retainedBytes = new Float64Array(classes.length);
  const children = childrenOf(dominator);
  // How many objects of a class are above, on the way down the tree.
  const above = new Uint32Array(classes.length);
  // Where to go on in each node above, once what is below is done.
  let way = new Uint32Array(1024);
  let depth = 0;
  let node = 0;
  let down = true;
  let at = 0;
  for (;;) {
    const own = wordAt(ofNode, node);
    const end = wordAt(children.first, node + 1);
    if (down) {
      at = wordAt(children.first, node);
      counts[own] = doubleAt(counts, own) + 1;
      selfBytes[own] = doubleAt(selfBytes, own) + sizeAt(sizes, node);
      if (above[own] === 0) retainedBytes[own] = doubleAt(retainedBytes, own) + sizeAt(retained, node);
      above[own] = wordAt(above, own) + 1;
    }
    down = at < end;
    if (down) {
      if (depth === way.length) way = longer(way);
      way[depth++] = at + 1;
      node = wordAt(children.nodes, at);
      continue;
    }
    above[own] = wordAt(above, own) - 1;
    if (node === 0) break;
    node = wordAt(dominator, node);
    at = wordAt(way, --depth);
  }
  release(children.first);
  release(children.nodes);
  return classes.map((_, index) => ({
    count: doubleAt(counts, index),
    selfBytes: doubleAt(selfBytes, index),
    retainedBytes: doubleAt(retainedBytes, index),
  }));
}

export interface DominatorChildren {
  readonly first: Uint32Array<ArrayBuffer>;
  readonly nodes: Uint32Array<ArrayBuffer>;
}

/** The dominator tree downwards: what node `n` dominates directly is `nodes[first[n]]` up to `nodes[first[n + 1]]`. */
export function childrenOf(dominator: Uint32Array): DominatorChildren {
  const count = dominator.length;
  const first = new Uint32Array(count + 1);
  for (let node = 1; node < count; node++) {
    const above = wordAt(dominator, node);
    first[above] = wordAt(first, above) + 1;
  }
  const nodes = new Uint32Array(runningTotals(first));
  for (let node = count - 1; node > 0; node--) {
    const place = wordAt(first, wordAt(dominator, node)) - 1;
    first[wordAt(dominator, node)] = place;
    nodes[place] = node;
  }
  return { first, nodes };
}
