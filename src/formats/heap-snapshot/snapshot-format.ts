import { FormatError } from '../format-error.ts';

/*
 * A V8 heap snapshot (v8/src/profiler/heap-snapshot-generator.cc, HeapSnapshotJSONSerializer) is one JSON object whose
 * sections come in a fixed order: `snapshot` (meta and counts), `nodes`, `edges`, traces, `locations`, `strings`. Nodes and
 * edges are flat arrays of numbers; which fields a record has is said by `meta` and differs by version: Node 20 writes seven
 * numbers a node, Node 24 six.
 */

/** What a node can be. Types of other versions that are not listed here are read as OTHER. */
export const nodeType = {
  OTHER: 0,
  hidden: 1,
  array: 2,
  string: 3,
  object: 4,
  code: 5,
  closure: 6,
  regexp: 7,
  number: 8,
  native: 9,
  synthetic: 10,
  'concatenated string': 11,
  'sliced string': 12,
  symbol: 13,
  bigint: 14,
  'object shape': 15,
  'wasm object': 16,
} as const;

/** What an edge can be. Unknown types retain like internal ones. */
export const edgeType = {
  OTHER: 0,
  context: 1,
  element: 2,
  property: 3,
  internal: 4,
  hidden: 5,
  shortcut: 6,
  weak: 7,
} as const;

export const nodeTypeNames = Object.keys(nodeType);

/** Whether a node's name is its content. */
export const isStringType = (type: number): boolean =>
  type === nodeType.string || type === nodeType['concatenated string'] || type === nodeType['sliced string'];

/** Whether `name_or_index` of an edge is a number of its own, not a string's index. */
export const isIndexed = (type: number): boolean => type === edgeType.element || type === edgeType.hidden;

/** Where the fields of this file are, and what it claims to hold. */
export interface SnapshotLayout {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly extraNativeBytes: number;
  readonly nodeFields: number;
  /** Offsets in a node's record. */
  readonly node: {
    readonly type: number;
    readonly name: number;
    readonly id: number;
    readonly selfSize: number;
    readonly edgeCount: number;
  };
  readonly edgeFields: number;
  readonly edge: { readonly type: number; readonly name: number; readonly to: number };
  readonly locationFields: number;
  readonly location: {
    readonly object: number;
    readonly script: number;
    readonly line: number;
    readonly column: number;
  };
  /** From this file's numbers of types to ours. */
  readonly nodeTypes: Uint8Array;
  readonly edgeTypes: Uint8Array;
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function words(value: unknown, what: string): string[] {
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 64 &&
    value.every((word) => typeof word === 'string')
  ) {
    return value;
  }
  throw new FormatError('CORRUPT', 0, `${what} is not a list of names`);
}

function count(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FormatError('CORRUPT', 0, `${what} is not a number`);
}

function place(fields: readonly string[], name: string): number {
  const at = fields.indexOf(name);
  if (at < 0) throw new FormatError('UNSUPPORTED', 0, `records have no field ${name}`);
  return at;
}

/** Translates the first entry of a `…_types` list, which names the values of the field `type`. */
function types(value: unknown, ours: Readonly<Record<string, number>>, what: string): Uint8Array {
  const names = words(Array.isArray(value) ? value[0] : null, what);
  return Uint8Array.from(names, (name) => (Object.hasOwn(ours, name) ? (ours[name] ?? 0) : 0));
}

/** Reads the section `snapshot`, already parsed as JSON. */
export function readLayout(header: unknown): SnapshotLayout {
  const meta = isObject(header) ? header.meta : null;
  if (!isObject(header) || !isObject(meta)) throw new FormatError('CORRUPT', 0, 'the header has no meta');
  const node = words(meta.node_fields, 'node_fields');
  const edge = words(meta.edge_fields, 'edge_fields');
  const location = meta.location_fields === undefined ? [] : words(meta.location_fields, 'location_fields');
  const layout: SnapshotLayout = {
    nodeCount: count(header.node_count, 'node_count'),
    edgeCount: count(header.edge_count, 'edge_count'),
    extraNativeBytes:
      header.extra_native_bytes === undefined ? 0 : count(header.extra_native_bytes, 'extra_native_bytes'),
    nodeFields: node.length,
    node: {
      type: place(node, 'type'),
      name: place(node, 'name'),
      id: place(node, 'id'),
      selfSize: place(node, 'self_size'),
      edgeCount: place(node, 'edge_count'),
    },
    edgeFields: edge.length,
    edge: { type: place(edge, 'type'), name: place(edge, 'name_or_index'), to: place(edge, 'to_node') },
    locationFields: location.length,
    location: {
      object: location.indexOf('object_index'),
      script: location.indexOf('script_id'),
      line: location.indexOf('line'),
      column: location.indexOf('column'),
    },
    nodeTypes: types(meta.node_types, nodeType, 'node_types'),
    edgeTypes: types(meta.edge_types, edgeType, 'edge_types'),
  };
  if (layout.nodeCount === 0) throw new FormatError('CORRUPT', 0, 'the snapshot claims no nodes, not even a root');
  return layout;
}
