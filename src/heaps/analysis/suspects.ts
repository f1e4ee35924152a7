import { doubleAt, sizeAt, wordAt } from '../../formats/heap-snapshot/columns.ts';
import { edgeTarget } from '../../formats/heap-snapshot/heap-graph.ts';
import { sourceOf } from '../../formats/heap-snapshot/retainers.ts';
import { nodeType } from '../../formats/heap-snapshot/snapshot-format.ts';
import type { AnalysedHeap, ClassName } from './analysed-heap.ts';

/** One step on the way from a root to what holds the new objects. */
export interface PathStep {
  /** How the step before leads here: `.sessions`, `[3]`, a variable. */
  readonly edge: string;
  readonly name: string;
  /** Number of the object in its snapshot. */
  readonly node: number;
}

/** A place where new objects accumulate. */
export interface LeakSuspect {
  /** The class of most of them, and how many. */
  readonly name: string;
  readonly script: string | null;
  readonly line: number | null;
  readonly count: number;
  /** All that is new there, with what it holds. */
  readonly bytes: number;
  /** What holds them, in words: `Map` in `SessionStore.sessions`. */
  readonly holder: string;
  readonly holderScript: string | null;
  readonly holderLine: number | null;
  readonly sentence: string;
  readonly path: readonly PathStep[];
}

const mostSuspects = 10;
/** Growth below this share of all growth, or below this size, is no suspect. */
const share = 0.03;
const leastBytes = 16 * 1024;

/**
 * Finds where new objects pile up: the lowest place in the dominator tree that most of a branch's growth lies under while no
 * single child of it has most (as the leak suspects of Eclipse's Memory Analyzer do).
 */
export function suspectsOf(heap: AnalysedHeap, isNew: Uint8Array): LeakSuspect[] {
  const { sizes, dominator } = heap;
  const order = downwards(heap);
  const grown = new Float64Array(isNew.length);
  for (let node = 0; node < isNew.length; node++) if (isNew[node] === 1) grown[node] = sizeAt(sizes, node);
  for (let at = order.length - 1; at > 0; at--) {
    const node = wordAt(order, at);
    const above = wordAt(dominator, node);
    grown[above] = doubleAt(grown, above) + doubleAt(grown, node);
  }
  const least = Math.max(leastBytes, doubleAt(grown, 0) * share);
  const points: number[] = [];
  const waiting = [0];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const large = childrenAbove(heap, grown, node, least);
    // A new object whose growth lies in its own parts is one of those that pile up, not where they do.
    const deeper = large.filter((child) => isNew[child] === 0 || hasPile(heap, grown, child, least));
    const below = deeper.reduce((sum, child) => sum + doubleAt(grown, child), 0);
    if (doubleAt(grown, node) - below >= least) points.push(node);
    waiting.push(...deeper);
  }
  points.sort((a, b) => own(b) - own(a));
  function own(node: number): number {
    const below = childrenAbove(heap, grown, node, least);
    return doubleAt(grown, node) - below.reduce((sum, child) => sum + doubleAt(grown, child), 0);
  }
  return points.flatMap((node) => describe(heap, node, grown, isNew, least) ?? []).slice(0, mostSuspects);
}

/** Nodes in an order in which each comes after its dominator. */
function downwards({ children, graph }: AnalysedHeap): Uint32Array {
  const order = new Uint32Array(graph.nodeCount);
  let count = 1;
  for (let at = 0; at < count; at++) {
    const node = wordAt(order, at);
    const end = wordAt(children.first, node + 1);
    for (let child = wordAt(children.first, node); child < end; child++) order[count++] = wordAt(children.nodes, child);
  }
  return order;
}

function childrenAbove({ children }: AnalysedHeap, grown: Float64Array, node: number, least: number): number[] {
  const large: number[] = [];
  for (let at = wordAt(children.first, node); at < wordAt(children.first, node + 1); at++) {
    const child = wordAt(children.nodes, at);
    if (doubleAt(grown, child) >= least) large.push(child);
  }
  return large;
}

/** Whether much that is new lies directly below a node, or in a single child of it. */
function hasPile(heap: AnalysedHeap, grown: Float64Array, node: number, least: number): boolean {
  return doubleAt(grown, node) - sizeAt(heap.sizes, node) >= least;
}

function describe(
  heap: AnalysedHeap,
  node: number,
  grown: Float64Array,
  isNew: Uint8Array,
  least: number,
): LeakSuspect | null {
  const { children } = heap;
  // What piles up: the class that most of the growth directly below belongs to.
  const byClass = new Map<number, { count: number; bytes: number }>();
  let bytes = 0;
  for (let at = wordAt(children.first, node); at < wordAt(children.first, node + 1); at++) {
    const child = wordAt(children.nodes, at);
    const childBytes = doubleAt(grown, child);
    if (childBytes === 0 || (childBytes >= least && isNew[child] === 0)) continue;
    bytes += childBytes;
    if (isNew[child] === 0) continue;
    const entry = byClass.get(wordAt(heap.index.ofNode, child)) ?? { count: 0, bytes: 0 };
    byClass.set(wordAt(heap.index.ofNode, child), { count: entry.count + 1, bytes: entry.bytes + childBytes });
  }
  const [top] = [...byClass].sort((a, b) => weight(heap, b) - weight(heap, a));
  if (top === undefined || bytes < least) return null;
  const [index, { count }] = top;
  const what = heap.className(index);
  const path = heap.pathTo(node);
  const steps = path.map((edge): PathStep => {
    const target = edgeTarget(heap.graph.edges, edge);
    return { edge: heap.edgeLabel(edge), name: labelOf(heap, target), node: target };
  });
  const { holder, place } = holderOf(heap, steps, node);
  const where = place.script === null ? '' : `, ${place.script}${place.line === null ? '' : `:${place.line}`}`;
  const plural = count === 1 ? 'object' : 'objects';
  const sentence = `${count.toLocaleString('en')} new \`${what.name}\` ${plural}, +${sizeText(bytes)}, held by ${holder}${where}`;
  return {
    ...what,
    count,
    bytes,
    holder,
    holderScript: place.script,
    holderLine: place.line,
    sentence,
    path: steps.slice(-40),
  };
}

/** Objects of a program say more than V8's strings and arrays that are held beside them. */
function weight(heap: AnalysedHeap, [index, { bytes }]: [number, { bytes: number }]): number {
  const { name, script } = heap.className(index);
  if (script !== null && !script.startsWith('node:')) return bytes * 4;
  return name.startsWith('(') ? bytes / 4 : bytes;
}

const labelOf = (heap: AnalysedHeap, node: number): string => {
  const { graph } = heap;
  const name = graph.strings.text(graph.nodeNames.at(node));
  if (graph.nodeTypes[node] === nodeType.closure) return `${name === '' ? 'function' : name}()`;
  return name === '' ? heap.classOf(node).name : name;
};

/** Parts of V8 that a person does not know stand for the object that they are a part of. */
function isOwnObject(heap: AnalysedHeap, node: number): boolean {
  const type = heap.graph.nodeTypes[node];
  return (type === nodeType.object || type === nodeType.closure || type === nodeType.native) && !isContext(heap, node);
}

const isContext = (heap: AnalysedHeap, node: number): boolean =>
  heap.graph.strings.text(heap.graph.nodeNames.at(node)).startsWith('system / Context');

interface Holder {
  readonly holder: string;
  readonly place: ClassName;
}

/** Says who holds: the collection, and the property or variable through which the program reaches it. */
function holderOf(heap: AnalysedHeap, steps: readonly PathStep[], node: number): Holder {
  const nowhere: ClassName = { name: '', script: null, line: null };
  const at = steps.findLastIndex((step) => isOwnObject(heap, step.node));
  const collection = steps[at];
  if (collection === undefined) {
    const name = node === 0 ? 'several places at once' : `\`${labelOf(heap, node)}\``;
    return { holder: name, place: nowhere };
  }
  const place = placeOf(heap, collection.node);
  const before = steps[at - 1];
  // Edges in parentheses are V8's own: what leads there has no name in the program.
  if (before === undefined || collection.edge.startsWith('(')) return { holder: `\`${collection.name}\``, place };
  if (isContext(heap, before.node)) {
    const user = contextUser(heap, before.node);
    return {
      holder: `\`${collection.name}\` in the variable \`${collection.edge}\``,
      place: user === null ? place : placeOf(heap, user),
    };
  }
  const owner = isOwnObject(heap, before.node)
    ? before
    : steps.slice(0, at - 1).findLast((step) => isOwnObject(heap, step.node));
  if (owner === undefined) return { holder: `\`${collection.name}\``, place };
  const ownerPlace = placeOf(heap, owner.node);
  const name =
    collection.edge.startsWith('[') || collection.edge.startsWith('.') ? collection.edge : `.${collection.edge}`;
  return {
    holder: `\`${collection.name}\` in \`${owner.name}${name}\``,
    place: ownerPlace.script === null ? place : ownerPlace,
  };
}

/** Where an object's class stands, if it is the program's own. */
function placeOf(heap: AnalysedHeap, node: number): ClassName {
  const found = heap.classOf(node);
  if (found.script !== null) return found;
  const { locations } = heap.graph;
  for (let at = 0; at < locations.count; at++) {
    if (locations.nodes[at] !== node) continue;
    const script = heap.scripts.get(wordAt(locations.scripts, at))?.replace(/^file:\/\//, '') ?? null;
    return { name: found.name, script, line: script === null ? null : wordAt(locations.lines, at) + 1 };
  }
  return found;
}

/** A function that sees the variables of a context. */
function contextUser(heap: AnalysedHeap, context: number): number | null {
  const { retainers, graph } = heap;
  for (let at = wordAt(retainers.first, context); at < wordAt(retainers.first, context + 1); at++) {
    const edge = wordAt(retainers.edges, at);
    const source = sourceOf(graph, edge);
    if (graph.nodeTypes[source] === nodeType.closure) return source;
  }
  return null;
}

function sizeText(bytes: number): string {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
}
