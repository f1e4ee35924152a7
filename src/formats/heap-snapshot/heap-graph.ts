import { wordAt } from './columns.ts';
import type { PackedColumn } from './packed-column.ts';
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
  readonly nodeNames: PackedColumn;
  /** V8's id of the object: stable for as long as one inspector session lives, without meaning in another. */
  readonly nodeIds: PackedColumn;
  /** Bytes. */
  readonly selfSizes: PackedColumn;
  readonly firstEdge: Uint32Array;
  /** Where each edge leads and of which type it is: see `edgeTarget` and `edgeKind`. */
  readonly edges: Uint32Array;
  /** An index of `strings`, or the number of an element. */
  readonly edgeNames: PackedColumn;
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

/** Nodes that fit beside a type into the word of an edge. */
export const mostNodes = 2 ** 29;

export const packEdge = (type: number, target: number): number => ((target << 3) | type) >>> 0;

/** The node that an edge leads to. */
export const edgeTarget = (edges: Uint32Array, edge: number): number => wordAt(edges, edge) >>> 3;

/** A value of `edgeType`. */
export const edgeKind = (edges: Uint32Array, edge: number): number => wordAt(edges, edge) & 7;
