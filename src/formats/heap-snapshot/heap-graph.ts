import type { StringTable } from './string-table.ts';

/**
 * The object graph of one snapshot in columns. Nodes are counted from 0, which is the root; the edges of node `n` are
 * `firstEdge[n]` up to `firstEdge[n + 1]`. Names are indices of `strings`.
 */
export interface HeapGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** A value of `nodeType`. */
  readonly nodeTypes: Uint8Array;
  readonly nodeNames: Uint32Array;
  /** V8's id of the object: stable for as long as one inspector session lives, without meaning in another. */
  readonly nodeIds: Uint32Array;
  /** Bytes; numbers of 64 bits only where one object is larger than 4 GiB. */
  readonly selfSizes: Uint32Array | Float64Array;
  /** 2 for what is detached from its document, where V8 says so. */
  readonly detachedness: Uint8Array | null;
  readonly firstEdge: Uint32Array;
  /** A value of `edgeType`. */
  readonly edgeTypes: Uint8Array;
  /** An index of `strings`, or the number of an element. */
  readonly edgeNames: Uint32Array;
  /** The node that the edge leads to. */
  readonly edgeTargets: Uint32Array;
  readonly strings: StringTable;
  readonly locations: Locations;
  /** Bytes that V8 counts outside of the graph. */
  readonly extraNativeBytes: number;
}

/** Where in a script things were defined: of a function itself, of an object's constructor. One entry a node at most. */
export interface Locations {
  readonly count: number;
  readonly nodes: Uint32Array;
  readonly scripts: Uint32Array;
  /** Counted from 0. */
  readonly lines: Uint32Array;
  readonly columns: Uint32Array;
}
