import { FormatError } from '../format-error.ts';
import type { HeapGraph } from './heap-graph.ts';
import { isIndexed, type SnapshotLayout } from './snapshot-format.ts';
import { type NumberSection, type SnapshotHandler, SnapshotScanner } from './snapshot-scanner.ts';
import { StringTable } from './string-table.ts';

export interface GraphReaderOptions {
  /** Size of the snapshot: what it claims to hold is checked against it before anything is allocated. */
  readonly sizeBytes: number;
  /** What the graph's columns may take; TOO_LARGE beyond. */
  readonly maxTableBytes?: number;
}

type LocationColumns = [
  Uint32Array<ArrayBuffer>,
  Uint32Array<ArrayBuffer>,
  Uint32Array<ArrayBuffer>,
  Uint32Array<ArrayBuffer>,
];

const uint32Max = 0xffff_ffff;
const bytesPerNode = 18;
const bytesPerEdge = 9;

/** Reads a snapshot into columns: push the bytes, then `end()` answers the graph. About 18 bytes a node, 9 an edge. */
export class GraphReader implements SnapshotHandler {
  readonly #scanner = new SnapshotScanner(this);
  readonly #sizeBytes: number;
  readonly #maxTableBytes: number;
  readonly #strings = new StringTable();
  #position = 0;
  #layout: SnapshotLayout | null = null;
  #numbers: Record<NumberSection, number> = { nodes: 0, edges: 0, locations: 0 };
  #types = new Uint8Array(0);
  #names = new Uint32Array(0);
  #ids = new Uint32Array(0);
  #sizes: Uint32Array | Float64Array = new Uint32Array(0);
  #detachedness: Uint8Array | null = null;
  #firstEdge = new Uint32Array(0);
  #edgeTotal = 0;
  #edgeTypes = new Uint8Array(0);
  #edgeNames = new Uint32Array(0);
  #targets = new Uint32Array(0);
  #locations: LocationColumns = [
    new Uint32Array(1024),
    new Uint32Array(1024),
    new Uint32Array(1024),
    new Uint32Array(1024),
  ];

  constructor(options: GraphReaderOptions) {
    this.#sizeBytes = options.sizeBytes;
    this.#maxTableBytes = options.maxTableBytes ?? 6 * 2 ** 30;
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
    this.#position += chunk.length;
  }

  layout(layout: SnapshotLayout): void {
    const { nodeCount, edgeCount, nodeFields, edgeFields } = layout;
    // A number takes a digit and a comma at least.
    if ((nodeCount * nodeFields + edgeCount * edgeFields) * 2 > this.#sizeBytes) {
      throw this.#corrupt(
        `it claims ${nodeCount} nodes and ${edgeCount} edges, more than ${this.#sizeBytes} bytes can hold`,
      );
    }
    if (nodeCount * bytesPerNode + edgeCount * bytesPerEdge > this.#maxTableBytes) {
      throw new FormatError(
        'TOO_LARGE',
        0,
        `${nodeCount} nodes and ${edgeCount} edges are more than this reader may hold`,
      );
    }
    this.#layout = layout;
    this.#types = new Uint8Array(nodeCount);
    this.#names = new Uint32Array(nodeCount);
    this.#ids = new Uint32Array(nodeCount);
    this.#sizes = new Uint32Array(nodeCount);
    this.#detachedness = layout.node.detachedness < 0 ? null : new Uint8Array(nodeCount);
    this.#firstEdge = new Uint32Array(nodeCount + 1);
    this.#edgeTypes = new Uint8Array(edgeCount);
    this.#edgeNames = new Uint32Array(edgeCount);
    this.#targets = new Uint32Array(edgeCount);
  }

  numbers(section: NumberSection, values: Float64Array, length: number): void {
    const layout = this.#layout as SnapshotLayout;
    const done = this.#numbers[section];
    this.#numbers[section] += length;
    if (section === 'nodes') this.#nodes(layout, values, length, done);
    else if (section === 'edges') this.#edges(layout, values, length, done);
    else this.#places(layout, values, length, done);
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    this.#strings.add(bytes, start, end);
  }

  #corrupt(message: string): FormatError {
    return new FormatError('CORRUPT', this.#position, message);
  }

  #nodes(layout: SnapshotLayout, values: Float64Array, length: number, done: number): void {
    const { nodeFields, nodeTypes, nodeCount } = layout;
    const { type, name, id, selfSize, edgeCount, detachedness } = layout.node;
    if (done + length > nodeCount * nodeFields)
      throw this.#corrupt(`there are more than the ${nodeCount} claimed nodes`);
    let node = Math.floor(done / nodeFields);
    let field = done % nodeFields;
    for (let at = 0; at < length; at++) {
      const value = values[at] as number;
      if (field === type) {
        this.#types[node] = nodeTypes[value] ?? 0;
      } else if (field === name) {
        if (value > uint32Max) throw this.#corrupt('a name is out of range');
        this.#names[node] = value;
      } else if (field === id) {
        if (value > uint32Max) throw this.#corrupt('an object id is out of range');
        this.#ids[node] = value;
      } else if (field === selfSize) {
        if (value > uint32Max && this.#sizes instanceof Uint32Array) this.#sizes = Float64Array.from(this.#sizes);
        this.#sizes[node] = value;
      } else if (field === edgeCount) {
        this.#edgeTotal += value;
        if (this.#edgeTotal > layout.edgeCount) throw this.#corrupt('nodes have more edges than there are');
        this.#firstEdge[node + 1] = this.#edgeTotal;
      } else if (field === detachedness) {
        (this.#detachedness as Uint8Array)[node] = value;
      }
      if (++field === nodeFields) {
        field = 0;
        node++;
      }
    }
  }

  #edges(layout: SnapshotLayout, values: Float64Array, length: number, done: number): void {
    const { edgeFields, edgeTypes, nodeFields, nodeCount, edgeCount } = layout;
    const { type, name, to } = layout.edge;
    if (done + length > edgeCount * edgeFields)
      throw this.#corrupt(`there are more than the ${edgeCount} claimed edges`);
    const [types, names, targets] = [this.#edgeTypes, this.#edgeNames, this.#targets];
    const end = nodeCount * nodeFields;
    let edge = Math.floor(done / edgeFields);
    let field = done % edgeFields;
    for (let at = 0; at < length; at++) {
      const value = values[at] as number;
      if (field === type) {
        types[edge] = edgeTypes[value] ?? 0;
      } else if (field === name) {
        if (value > uint32Max) throw this.#corrupt('the name of an edge is out of range');
        names[edge] = value;
      } else if (field === to) {
        const node = value / nodeFields;
        if (value >= end || node !== Math.floor(node)) throw this.#corrupt('an edge leads to no node');
        targets[edge] = node;
      }
      if (++field === edgeFields) {
        field = 0;
        edge++;
      }
    }
  }

  #places(layout: SnapshotLayout, values: Float64Array, length: number, done: number): void {
    const { locationFields, location, nodeFields, nodeCount } = layout;
    if (locationFields === 0) throw this.#corrupt('locations have no fields');
    const columns = [location.object, location.script, location.line, location.column];
    let entry = Math.floor(done / locationFields);
    let field = done % locationFields;
    for (let at = 0; at < length; at++) {
      if (entry === this.#locations[0].length) this.#growLocations();
      const value = values[at] as number;
      const column = columns.indexOf(field);
      if (column === 0) {
        const node = value / nodeFields;
        if (node >= nodeCount || node !== Math.floor(node)) throw this.#corrupt('a location is of no node');
        this.#locations[0][entry] = node;
      } else if (column > 0) {
        (this.#locations[column] as Uint32Array)[entry] = Math.min(value, uint32Max);
      }
      if (++field === locationFields) {
        field = 0;
        entry++;
      }
    }
  }

  #growLocations(): void {
    const grown = this.#locations.map((column) => {
      const larger = new Uint32Array(column.length * 2);
      larger.set(column);
      return larger;
    });
    this.#locations = grown as unknown as LocationColumns;
  }

  /** The graph, whole and consistent; a FormatError if it is not. */
  end(): HeapGraph {
    this.#scanner.end();
    const layout = this.#layout as SnapshotLayout;
    const { nodeCount, edgeCount } = layout;
    if (this.#numbers.nodes !== nodeCount * layout.nodeFields)
      throw this.#corrupt(`there are fewer than ${nodeCount} nodes`);
    if (this.#numbers.edges !== edgeCount * layout.edgeFields)
      throw this.#corrupt(`there are fewer than ${edgeCount} edges`);
    if (this.#edgeTotal !== edgeCount) throw this.#corrupt('some edges belong to no node');
    const strings = this.#strings.length;
    for (let node = 0; node < nodeCount; node++) {
      if ((this.#names[node] as number) >= strings) throw this.#corrupt('a name is not among the strings');
    }
    for (let edge = 0; edge < edgeCount; edge++) {
      if ((this.#edgeNames[edge] as number) >= strings && !isIndexed(this.#edgeTypes[edge] as number)) {
        throw this.#corrupt('the name of an edge is not among the strings');
      }
    }
    const [nodes, scripts, lines, columns] = this.#locations;
    const count = layout.locationFields === 0 ? 0 : Math.floor(this.#numbers.locations / layout.locationFields);
    return {
      nodeCount,
      edgeCount,
      nodeTypes: this.#types,
      nodeNames: this.#names,
      nodeIds: this.#ids,
      selfSizes: this.#sizes,
      detachedness: this.#detachedness,
      firstEdge: this.#firstEdge,
      edgeTypes: this.#edgeTypes,
      edgeNames: this.#edgeNames,
      edgeTargets: this.#targets,
      strings: this.#strings,
      locations: { count, nodes, scripts, lines, columns },
      extraNativeBytes: layout.extraNativeBytes,
    };
  }
}
