import { GraphReader } from '../../../src/formats/heap-snapshot/graph-reader.ts';
import type { HeapGraph } from '../../../src/formats/heap-snapshot/heap-graph.ts';

export interface WrittenNode {
  readonly type?: string;
  readonly name?: string;
  readonly id?: number;
  readonly size?: number;
  readonly edges?: readonly WrittenEdge[];
  /** Script id, line and column, counted from 0 as V8 does. */
  readonly place?: readonly [number, number, number];
}

export interface WrittenEdge {
  readonly type?: string;
  readonly name?: string | number;
  readonly to: number;
}

/** The lists of Node 24 (v8/src/profiler/heap-snapshot-generator.cc, SerializeSnapshot). */
const nodeTypes = [
  'hidden,array,string,object,code,closure,regexp,number,native,synthetic,concatenated string,sliced string,symbol,bigint,object shape',
]
  .join()
  .split(',');
const edgeTypes = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];

/** The text of a snapshot of these nodes, of which the first is the root. `traceField`: with the field that Node 20 has. */
export function writeSnapshot(nodes: readonly WrittenNode[], { traceField = false } = {}): string {
  const strings: string[] = ['<dummy>'];
  const index = (text: string): number => {
    const at = strings.indexOf(text);
    return at >= 0 ? at : strings.push(text) - 1;
  };
  const fields = [
    'type',
    'name',
    'id',
    'self_size',
    'edge_count',
    ...(traceField ? ['trace_node_id'] : []),
    'detachedness',
  ];
  const edgeCount = nodes.reduce((sum, node) => sum + (node.edges?.length ?? 0), 0);
  const nodeRows = nodes.map((node, at) => {
    const row = [
      nodeTypes.indexOf(node.type ?? 'object'),
      index(node.name ?? ''),
      node.id ?? at * 2 + 1,
      node.size ?? 0,
      node.edges?.length ?? 0,
    ];
    return [...row, ...(traceField ? [0] : []), 0].join(',');
  });
  const edgeRows = nodes.flatMap((node) =>
    (node.edges ?? []).map(({ type = 'property', name = 'p', to }) =>
      [edgeTypes.indexOf(type), typeof name === 'number' ? name : index(name), to * fields.length].join(','),
    ),
  );
  const places = nodes.flatMap((node, at) => (node.place ? [[at * fields.length, ...node.place].join(',')] : []));
  const header = {
    meta: {
      node_fields: fields,
      node_types: [nodeTypes, 'string', 'number', 'number', 'number', 'number', 'number'],
      edge_fields: ['type', 'name_or_index', 'to_node'],
      edge_types: [edgeTypes, 'string_or_number', 'node'],
      trace_function_info_fields: ['function_id', 'name'],
      trace_node_fields: ['id', 'children'],
      sample_fields: ['timestamp_us', 'last_assigned_id'],
      location_fields: ['object_index', 'script_id', 'line', 'column'],
    },
    node_count: nodes.length,
    edge_count: edgeCount,
    trace_function_count: 0,
    extra_native_bytes: 7,
  };
  return `{"snapshot":${JSON.stringify(header)},
"nodes":[${nodeRows.join('\n,')}],
"edges":[${edgeRows.join('\n,')}],
"trace_function_infos":[],
"trace_tree":[1,[2,["]"]]],
"samples":[],
"locations":[${places.join('\n,')}],
"strings":[${strings.map((text) => JSON.stringify(text)).join(',\n')}]}`;
}

/** Reads text or bytes in chunks of one size. */
export function readSnapshot(snapshot: string | Uint8Array, chunkBytes = 65536): HeapGraph {
  const bytes = Buffer.from(snapshot as string);
  const reader = new GraphReader({ sizeBytes: bytes.length });
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  return reader.end();
}
