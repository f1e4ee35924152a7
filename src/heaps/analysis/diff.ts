import { sizeAt, wordAt } from '../../formats/heap-snapshot/columns.ts';
import type { PackedColumn } from '../../formats/heap-snapshot/packed-column.ts';
import type { AnalysedHeap, ClassName } from './analysed-heap.ts';
import { type LeakSuspect, suspectsOf } from './suspects.ts';

/** How objects of two snapshots are told to be the same: by V8's id within one inspector session, else by class only. */
export type ComparedBy = 'IDENTITY' | 'CLASS';

export interface DiffRow extends ClassName {
  readonly key: string;
  readonly beforeCount: number;
  readonly afterCount: number;
  /** By identity what is new and what is gone; by class the difference only. */
  readonly newCount: number;
  readonly goneCount: number;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly deltaBytes: number;
  /** What all objects of the class keep alive after. */
  readonly retainedBytes: number;
}

export interface HeapDiff {
  readonly comparedBy: ComparedBy;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** What grew most first. */
  readonly classes: readonly DiffRow[];
  readonly suspects: readonly LeakSuspect[];
}

/** What a comparison needs of the earlier snapshot; the rest can be given back before the later one is read. */
export interface HeapDigest {
  readonly totalBytes: number;
  readonly nodeIds: PackedColumn;
  readonly ofNode: Uint32Array;
  readonly sizes: Uint32Array | Float64Array;
  readonly classes: readonly { readonly key: string; readonly name: ClassName }[];
}

export function digestOf(heap: AnalysedHeap): HeapDigest {
  const { classes, ofNode } = heap.index;
  return {
    totalBytes: sizeAt(heap.retained, 0),
    nodeIds: heap.graph.nodeIds,
    ofNode,
    sizes: heap.sizes,
    classes: classes.map((_, index) => ({ key: heap.classKey(index), name: heap.className(index) })),
  };
}

interface Row {
  name: ClassName;
  beforeCount: number;
  afterCount: number;
  newCount: number;
  goneCount: number;
  beforeBytes: number;
  afterBytes: number;
  retainedBytes: number;
}

const mostRows = 20_000;

export function diffOf(
  before: HeapDigest,
  after: AnalysedHeap,
  comparedBy: ComparedBy,
  retainedByKey: ReadonlyMap<string, number>,
): HeapDiff {
  const rows = new Map<string, Row>();
  const rowOf = (key: string, name: ClassName): Row => {
    let row = rows.get(key);
    if (row === undefined) {
      row = {
        name,
        beforeCount: 0,
        afterCount: 0,
        newCount: 0,
        goneCount: 0,
        beforeBytes: 0,
        afterBytes: 0,
        retainedBytes: 0,
      };
      rows.set(key, row);
    }
    return row;
  };
  const beforeRows = before.classes.map(({ key, name }) => rowOf(key, name));
  const afterRows = after.index.classes.map((_, at) => rowOf(after.classKey(at), after.className(at)));
  for (const [key, bytes] of retainedByKey) {
    const row = rows.get(key);
    if (row !== undefined) row.retainedBytes = bytes;
  }
  tally(before.ofNode, before.sizes, beforeRows, 'beforeCount', 'beforeBytes');
  tally(after.index.ofNode, after.sizes, afterRows, 'afterCount', 'afterBytes');

  const isNew =
    comparedBy === 'IDENTITY' ? byIdentity(before, after, beforeRows, afterRows) : byClass(after, afterRows, rows);
  const classes = [...rows].map(
    ([key, { name, ...row }]): DiffRow => ({
      key,
      ...name,
      ...row,
      deltaBytes: row.afterBytes - row.beforeBytes,
    }),
  );
  classes.sort((a, b) => b.deltaBytes - a.deltaBytes);
  return {
    comparedBy,
    beforeBytes: before.totalBytes,
    afterBytes: sizeAt(after.retained, 0),
    classes:
      classes.length <= mostRows ? classes : [...classes.slice(0, mostRows / 2), ...classes.slice(-mostRows / 2)],
    suspects: suspectsOf(after, isNew),
  };
}

/** The row of a node's class. */
function rowAt(rows: readonly Row[], ofNode: Uint32Array, node: number): Row {
  const row = rows[wordAt(ofNode, node)];
  if (row === undefined) throw new RangeError(`the object ${node} has no class`);
  return row;
}

function tally(
  ofNode: Uint32Array,
  sizes: ArrayLike<number>,
  rows: readonly Row[],
  count: 'beforeCount' | 'afterCount',
  bytes: 'beforeBytes' | 'afterBytes',
): void {
  for (let node = 0; node < ofNode.length; node++) {
    const row = rowAt(rows, ofNode, node);
    row[count]++;
    row[bytes] += sizeAt(sizes, node);
  }
}

/** Marks what was not there before: another id, or the same id for an object of another class. */
function byIdentity(
  before: HeapDigest,
  after: AnalysedHeap,
  beforeRows: readonly Row[],
  afterRows: readonly Row[],
): Uint8Array {
  const table = new IdTable(before.nodeIds.toArray());
  const { nodeCount, nodeIds } = after.graph;
  const isNew = new Uint8Array(nodeCount);
  const kept = new Uint8Array(before.nodeIds.length);
  for (let node = 0; node < nodeCount; node++) {
    const row = rowAt(afterRows, after.index.ofNode, node);
    const earlier = table.find(nodeIds.at(node));
    if (earlier >= 0 && beforeRows[wordAt(before.ofNode, earlier)] === row) {
      kept[earlier] = 1;
    } else {
      isNew[node] = 1;
      row.newCount++;
    }
  }
  for (let node = 0; node < kept.length; node++) {
    if (kept[node] === 0) rowAt(beforeRows, before.ofNode, node).goneCount++;
  }
  return isNew;
}

/** Without identities everything of a class that grew may be new. */
function byClass(after: AnalysedHeap, afterRows: readonly Row[], rows: ReadonlyMap<string, Row>): Uint8Array {
  for (const row of rows.values()) {
    row.newCount = Math.max(0, row.afterCount - row.beforeCount);
    row.goneCount = Math.max(0, row.beforeCount - row.afterCount);
  }
  const isNew = new Uint8Array(after.graph.nodeCount);
  for (let node = 0; node < isNew.length; node++) {
    const { afterCount, beforeCount } = rowAt(afterRows, after.index.ofNode, node);
    // Half as many again: what varies a little with every request is no growth.
    if (afterCount > beforeCount * 1.5) isNew[node] = 1;
  }
  return isNew;
}

/** Which node has an id: open addressing in one typed array, since a Map of millions costs ten times as much. */
class IdTable {
  readonly #ids: ArrayLike<number>;
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor(ids: ArrayLike<number>) {
    this.#ids = ids;
    let size = 16;
    while (size < ids.length * 2) size *= 2;
    this.#slots = new Uint32Array(size);
    this.#mask = size - 1;
    for (let node = 0; node < ids.length; node++) {
      let slot = this.#slotOf(sizeAt(ids, node));
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = node + 1;
    }
  }

  #slotOf(id: number): number {
    return (Math.imul(id, 0x9e3779b1) >>> 7) & this.#mask;
  }

  /** -1 if no node has it. */
  find(id: number): number {
    for (let slot = this.#slotOf(id); ; slot = (slot + 1) & this.#mask) {
      const entry = wordAt(this.#slots, slot);
      if (entry === 0) return -1;
      if (this.#ids[entry - 1] === id) return entry - 1;
    }
  }
}
