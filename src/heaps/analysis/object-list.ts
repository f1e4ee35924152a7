import { sizeAt, wordAt } from '../../formats/heap-snapshot/columns.ts';
import { edgeTarget } from '../../formats/heap-snapshot/heap-graph.ts';
import { sourceOf } from '../../formats/heap-snapshot/retainers.ts';
import type { AnalysedHeap, ClassName } from './analysed-heap.ts';

/** One object, as a list or tree shows it. */
export interface HeapObject extends ClassName {
  /** Number in its snapshot: the handle of further questions. */
  readonly node: number;
  /** V8's own id, as DevTools shows it behind an @. */
  readonly id: number;
  /** How it leads to the object that was asked about; null in a list. */
  readonly edge: string | null;
  readonly selfBytes: number;
  readonly retainedBytes: number;
  /** How many objects lead to it: whether the tree goes on. */
  readonly retainerCount: number;
}

const most = 500;

function objectOf(heap: AnalysedHeap, node: number, edge: number | null): HeapObject {
  const { graph, sizes, retained, retainers } = heap;
  const className = heap.classOf(node);
  const text = graph.strings.text(graph.nodeNames.at(node)).slice(0, 200);
  return {
    ...className,
    name: className.name.startsWith('(') && text !== '' ? `${className.name} ${text}` : className.name,
    node,
    id: graph.nodeIds.at(node),
    edge: edge === null ? null : heap.edgeLabel(edge),
    selfBytes: sizeAt(sizes, node),
    retainedBytes: sizeAt(retained, node),
    retainerCount: wordAt(retainers.first, node + 1) - wordAt(retainers.first, node),
  };
}

/** The objects that lead to one, the largest first. */
export function retainersOfObject(heap: AnalysedHeap, node: number, first: number): HeapObject[] {
  const { retainers, graph, retained } = heap;
  if (node < 0 || node >= graph.nodeCount) return [];
  const edges = [...retainers.edges.subarray(retainers.first[node], retainers.first[node + 1])].slice(0, 10_000);
  const found = edges.map((edge) => ({ edge, source: sourceOf(graph, edge) }));
  found.sort((a, b) => sizeAt(retained, b.source) - sizeAt(retained, a.source));
  return found.slice(0, Math.min(first, most)).map(({ edge, source }) => objectOf(heap, source, edge));
}

/** The objects of a class, those that retain most first. */
export function objectsOfClass(heap: AnalysedHeap, key: string, first: number): HeapObject[] {
  const { index, retained } = heap;
  const wanted = index.classes.findIndex((_, at) => heap.classKey(at) === key);
  if (wanted < 0) return [];
  const nodes: number[] = [];
  for (let node = 0; node < index.ofNode.length; node++) if (index.ofNode[node] === wanted) nodes.push(node);
  const sorted = Uint32Array.from(nodes).sort((a, b) => sizeAt(retained, b) - sizeAt(retained, a));
  return [...sorted.subarray(0, Math.min(first, most))].map((node) => objectOf(heap, node, null));
}

/** The shortest way from a root to an object, the object last. */
export function pathToObject(heap: AnalysedHeap, node: number): HeapObject[] {
  if (node < 0 || node >= heap.graph.nodeCount) return [];
  return heap.pathTo(node).map((edge) => objectOf(heap, edgeTarget(heap.graph.edges, edge), edge));
}
