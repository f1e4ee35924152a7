import { FormatError } from '../format-error.ts';
import { byteAt, doubleAt } from './columns.ts';
import { type HeapGraph, mostNodes, packEdge } from './heap-graph.ts';
import { PackedColumn } from './packed-column.ts';
import { isIndexed, type SnapshotLayout } from './snapshot-format.ts';
import { type NumberSection, type SnapshotHandler, SnapshotScanner } from './snapshot-scanner.ts';
import { StringTable } from './string-table.ts';

export interface GraphReaderOptions {
  /** Size of the snapshot: what it claims to hold is checked against it before anything is allocated. */
  readonly sizeBytes: number;
  /** What the graph's columns may take; TOO_LARGE beyond. */
  readonly maxTableBytes?: number;
}

type LocationColumns = Record<'nodes' | 'scripts' | 'lines' | 'columns', Uint32Array>;

const newLocations = (length: number): LocationColumns => ({
  nodes: new Uint32Array(length),
  scripts: new Uint32Array(length),
  lines: new Uint32Array(length),
  columns: new Uint32Array(length),
});

const uint32Max = 0xffff_ffff;
const bytesPerNode = 17;
const bytesPerEdge = 8;

/** Reads a snapshot into columns: push the bytes, then `end()` answers the graph. At most 17 bytes a node and 8 an edge. */
export class GraphReader implements SnapshotHandler {
  readonly #scanner = new SnapshotScanner(this);
  readonly #sizeBytes: number;
  readonly #maxTableBytes: number;
  readonly #strings = new StringTable();
  #position = 0;
  #layout: SnapshotLayout | null = null;
  /** Records so far. */
  #nodes = 0;
  #edges = 0;
  #places = 0;
  #types = new Uint8Array(0);
  #names = new PackedColumn(0);
  #ids = new PackedColumn(0);
  #sizes = new PackedColumn(0);
  #firstEdge = new Uint32Array(0);
  #edgeTotal = 0;
  #edgeEnds = new Uint32Array(0);
  #edgeNames = new PackedColumn(0);
  /** The largest index of a string so far. */
  #lastName = -1;
  #locations: LocationColumns = newLocations(1024);

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
    if (nodeCount > mostNodes || nodeCount * bytesPerNode + edgeCount * bytesPerEdge > this.#maxTableBytes) {
      throw new FormatError(
        'TOO_LARGE',
        0,
        `${nodeCount} nodes and ${edgeCount} edges are more than this reader may hold`,
      );
    }
    this.#layout = layout;
    this.#types = new Uint8Array(nodeCount);
    this.#names = new PackedColumn(nodeCount);
    this.#ids = new PackedColumn(nodeCount);
    this.#sizes = new PackedColumn(nodeCount);
    this.#firstEdge = new Uint32Array(nodeCount + 1);
    this.#edgeEnds = new Uint32Array(edgeCount);
    this.#edgeNames = new PackedColumn(edgeCount);
  }

  numbers(section: NumberSection, values: Float64Array, length: number): void {
    if (this.#layout === null) throw this.#corrupt('there is no header');
    if (section === 'nodes') this.#addNodes(this.#layout, values, length);
    else if (section === 'edges') this.#addEdges(this.#layout, values, length);
    else this.#addPlaces(this.#layout, values, length);
  }

  string(bytes: Uint8Array, start: number, end: number): void {
    this.#strings.add(bytes, start, end);
  }

  #corrupt(message: string): FormatError {
    return new FormatError('CORRUPT', this.#position, message);
  }

  #addNodes(
    { nodeFields, nodeTypes, nodeCount, edgeCount, node: at }: SnapshotLayout,
    values: Float64Array,
    length: number,
  ): void {
    const [types, names, ids, sizes, firstEdge] = [this.#types, this.#names, this.#ids, this.#sizes, this.#firstEdge];
    let lastName = this.#lastName;
    let node = this.#nodes;
    let edges = this.#edgeTotal;
    if (node + length / nodeFields > nodeCount)
      throw this.#corrupt(`there are more than the ${nodeCount} claimed nodes`);
    for (let record = 0; record < length; record += nodeFields) {
      const name = doubleAt(values, record + at.name);
      const id = doubleAt(values, record + at.id);
      if (name > uint32Max) throw this.#corrupt('a name is out of range');
      if (id > uint32Max) throw this.#corrupt('an object id is out of range');
      types[node] = byteAt(nodeTypes, doubleAt(values, record + at.type));
      names.push(name);
      if (name > lastName) lastName = name;
      ids.push(id);
      sizes.push(doubleAt(values, record + at.selfSize));
      edges += doubleAt(values, record + at.edgeCount);
      if (edges > edgeCount) throw this.#corrupt('nodes have more edges than there are');
      firstEdge[node + 1] = edges;
      node++;
    }
    this.#nodes = node;
    this.#lastName = lastName;
    this.#edgeTotal = edges;
  }

  #addEdges(
    { edgeFields, edgeTypes, nodeFields, nodeCount, edgeCount, edge: at }: SnapshotLayout,
    values: Float64Array,
    length: number,
  ): void {
    const [names, ends] = [this.#edgeNames, this.#edgeEnds];
    let lastName = this.#lastName;
    let edge = this.#edges;
    if (edge + length / edgeFields > edgeCount)
      throw this.#corrupt(`there are more than the ${edgeCount} claimed edges`);
    for (let record = 0; record < length; record += edgeFields) {
      const name = doubleAt(values, record + at.name);
      if (name > uint32Max) throw this.#corrupt('the name of an edge is out of range');
      const node = doubleAt(values, record + at.to) / nodeFields;
      if (node >= nodeCount || node !== Math.floor(node)) throw this.#corrupt('an edge leads to no node');
      const type = byteAt(edgeTypes, doubleAt(values, record + at.type));
      if (name > lastName && !isIndexed(type)) lastName = name;
      names.push(name);
      ends[edge++] = packEdge(type, node);
    }
    this.#edges = edge;
    this.#lastName = lastName;
  }

  #addPlaces(
    { locationFields, location: at, nodeFields, nodeCount }: SnapshotLayout,
    values: Float64Array,
    length: number,
  ): void {
    if (locationFields === 0) throw this.#corrupt('locations have no fields');
    while (this.#places + length / locationFields > this.#locations.nodes.length) this.#growLocations();
    const { nodes, scripts, lines, columns } = this.#locations;
    for (let record = 0; record < length; record += locationFields) {
      const node = doubleAt(values, record + at.object) / nodeFields;
      if (node >= nodeCount || node !== Math.floor(node)) throw this.#corrupt('a location is of no node');
      nodes[this.#places] = node;
      scripts[this.#places] = Math.min(doubleAt(values, record + at.script), uint32Max);
      lines[this.#places] = Math.min(doubleAt(values, record + at.line), uint32Max);
      columns[this.#places] = Math.min(doubleAt(values, record + at.column), uint32Max);
      this.#places++;
    }
  }

  #growLocations(): void {
    const larger = newLocations(this.#locations.nodes.length * 2);
    larger.nodes.set(this.#locations.nodes);
    larger.scripts.set(this.#locations.scripts);
    larger.lines.set(this.#locations.lines);
    larger.columns.set(this.#locations.columns);
    this.#locations = larger;
  }

  /** The graph, whole and consistent; a FormatError if it is not. */
  end(): HeapGraph {
    this.#scanner.end();
    if (this.#layout === null) throw this.#corrupt('there is no header');
    const { nodeCount, edgeCount, extraNativeBytes } = this.#layout;
    if (this.#nodes !== nodeCount) throw this.#corrupt(`there are fewer than ${nodeCount} nodes`);
    if (this.#edges !== edgeCount) throw this.#corrupt(`there are fewer than ${edgeCount} edges`);
    if (this.#edgeTotal !== edgeCount) throw this.#corrupt('some edges belong to no node');
    if (this.#lastName >= this.#strings.length) throw this.#corrupt('a name is not among the strings');
    return {
      nodeCount,
      edgeCount,
      nodeTypes: this.#types,
      nodeNames: this.#names,
      nodeIds: this.#ids,
      selfSizes: this.#sizes,
      firstEdge: this.#firstEdge,
      edges: this.#edgeEnds,
      edgeNames: this.#edgeNames,
      strings: this.#strings,
      locations: { count: this.#places, ...this.#locations },
      extraNativeBytes,
    };
  }
}
