import { classTotals } from '../../formats/heap-snapshot/classes.ts';
import { byteAt, doubleAt, sizeAt, wordAt } from '../../formats/heap-snapshot/columns.ts';
import { isStringType } from '../../formats/heap-snapshot/snapshot-format.ts';
import type { AnalysedHeap, ClassName } from './analysed-heap.ts';

export interface ClassRow extends ClassName {
  /** Names the class in questions about this capture. */
  readonly key: string;
  readonly count: number;
  readonly selfBytes: number;
  readonly retainedBytes: number;
}

/** A text that is there more than once. */
export interface RepeatedString {
  readonly text: string;
  readonly count: number;
  readonly bytes: number;
}

export interface HeapSummary {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly totalBytes: number;
  readonly extraNativeBytes: number;
  /** By retained size, the largest first. */
  readonly classes: readonly ClassRow[];
  readonly repeatedStrings: readonly RepeatedString[];
}

const mostClasses = 20_000;
const mostRepeated = 100;

export function summaryOf(heap: AnalysedHeap): HeapSummary {
  const { graph, index, sizes, retained, dominator } = heap;
  const totals = classTotals(index, sizes, retained, dominator);
  const classes = totals.map((total, at): ClassRow => ({ ...heap.className(at), key: heap.classKey(at), ...total }));
  classes.sort((a, b) => b.retainedBytes - a.retainedBytes);
  return {
    nodeCount: graph.nodeCount,
    edgeCount: graph.edgeCount,
    totalBytes: sizeAt(retained, 0),
    extraNativeBytes: graph.extraNativeBytes,
    classes: classes.slice(0, mostClasses),
    repeatedStrings: repeatedStrings(heap),
  };
}

/** V8 writes equal contents as one entry of the list, so a name that several string nodes have is a repeated string. */
function repeatedStrings({ graph, sizes }: AnalysedHeap): RepeatedString[] {
  const counts = new Uint32Array(graph.strings.length);
  const bytes = new Float64Array(graph.strings.length);
  for (let node = 0; node < graph.nodeCount; node++) {
    if (!isStringType(byteAt(graph.nodeTypes, node))) continue;
    const name = graph.nodeNames.at(node);
    counts[name] = wordAt(counts, name) + 1;
    bytes[name] = doubleAt(bytes, name) + sizeAt(sizes, node);
  }
  const repeated: number[] = [];
  for (let name = 0; name < counts.length; name++) if (wordAt(counts, name) > 1) repeated.push(name);
  repeated.sort((a, b) => doubleAt(bytes, b) - doubleAt(bytes, a));
  return repeated.slice(0, mostRepeated).map((name) => ({
    text: graph.strings.text(name).slice(0, 200),
    count: wordAt(counts, name),
    bytes: doubleAt(bytes, name),
  }));
}
