import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/formats/format-error.ts';
import { GraphReader } from '../../../src/formats/heap-snapshot/graph-reader.ts';
import { edgeTarget, type HeapGraph } from '../../../src/formats/heap-snapshot/heap-graph.ts';
import { nodeType } from '../../../src/formats/heap-snapshot/snapshot-format.ts';
import { readSnapshot, writeSnapshot } from './written-snapshot.ts';

const small = writeSnapshot([
  { type: 'synthetic', name: '', edges: [{ type: 'element', name: 1, to: 1 }] },
  {
    name: 'Session',
    size: 24,
    place: [5, 11, 3],
    edges: [
      { name: 'user "id"', to: 2 },
      { name: 'größe', to: 1 },
    ],
  },
  { type: 'string', name: 'line\nbreak \\ ✓', size: 5_000_000_000 },
]);

const targetsOf = ({ edges }: HeapGraph): number[] => [...edges.keys()].map((edge) => edgeTarget(edges, edge));

function fault(read: () => unknown): string {
  try {
    read();
    return 'READ';
  } catch (error) {
    if (error instanceof FormatError) return error.fault;
    throw error;
  }
}

describe('the reader of heap snapshots', () => {
  it('reads nodes, edges, places and names by the fields that meta names', () => {
    for (const traceField of [false, true]) {
      const graph = readSnapshot(
        writeSnapshot(
          [{ edges: [{ to: 1 }] }, { name: 'A', id: 9, size: 3, place: [1, 2, 3], edges: [{ name: 'x', to: 0 }] }],
          { traceField },
        ),
      );
      expect(graph).toMatchObject({ nodeCount: 2, edgeCount: 2, extraNativeBytes: 7 });
      expect([
        ...graph.nodeIds.toArray(),
        ...graph.selfSizes.toArray(),
        ...graph.firstEdge,
        ...targetsOf(graph),
      ]).toEqual([1, 9, 0, 3, 0, 1, 2, 1, 0]);
      expect(graph.strings.text(graph.nodeNames.at(1))).toBe('A');
      expect(graph.strings.text(graph.edgeNames.at(1))).toBe('x');
      expect(graph.locations).toMatchObject({ count: 1 });
      expect([graph.locations.nodes[0], graph.locations.scripts[0], graph.locations.lines[0]]).toEqual([1, 1, 2]);
    }
  });

  it('reads the same whatever the size of the chunks, with escapes, other alphabets and sizes beyond 4 GiB', () => {
    for (const chunkBytes of [1, 2, 3, 7, 64, 100_000]) {
      const graph = readSnapshot(small, chunkBytes);
      const text = (index: number | undefined) => graph.strings.text(index as number);
      expect([...graph.edgeNames.toArray()].slice(1).map(text)).toEqual(['user "id"', 'größe']);
      expect(text(graph.nodeNames.at(2))).toBe('line\nbreak \\ ✓');
      expect([...graph.nodeTypes]).toEqual([nodeType.synthetic, nodeType.object, nodeType.string]);
      expect([...graph.selfSizes.toArray()]).toEqual([0, 24, 5_000_000_000]);
    }
  });

  it('keeps of a long string its beginning and its length', () => {
    const long = '😀'.repeat(1000);
    const { strings } = readSnapshot(writeSnapshot([{ name: long }, { name: `${long}!` }, { name: long }]), 100);
    expect(strings.text(1)).toMatch(/^(😀){100,}…$/u);
    expect([strings.bytes(1), strings.bytes(2)]).toEqual([4000, 4001]);
    expect([strings.text(0), strings.text(4)]).toEqual(['<dummy>', '']);
  });

  it('calls every beginning of a snapshot truncated', () => {
    const bytes = Buffer.from(small);
    for (let length = 0; length < bytes.length; length++) {
      expect(fault(() => readSnapshot(bytes.subarray(0, length)))).not.toBe('READ');
    }
    // Only where the size promised room for what is claimed can the end itself be missed.
    const reader = new GraphReader({ sizeBytes: bytes.length });
    reader.push(bytes.subarray(0, bytes.length - 1));
    expect(fault(() => reader.end())).toBe('TRUNCATED');
  });

  it('refuses counts that the file cannot hold before it allocates for them', () => {
    const claim = (count: string) => small.replace(/"node_count":3/, `"node_count":${count}`);
    expect(fault(() => readSnapshot(claim('2147483648')))).toBe('CORRUPT');
    expect(fault(() => readSnapshot(claim('2')))).toBe('CORRUPT');
    expect(fault(() => readSnapshot(claim('4')))).toBe('CORRUPT');
    expect(fault(() => readSnapshot(claim('-1')))).toBe('CORRUPT');
    expect(fault(() => readSnapshot(small.replace(/"edge_count":3/, '"edge_count":2147483648')))).toBe('CORRUPT');
    // A sparse file of terabytes may claim as much as it likes.
    const reader = new GraphReader({ sizeBytes: 2 ** 45 });
    const bytes = Buffer.from(small.replace(/"edge_count":3/, '"edge_count":2147483648'));
    expect(fault(() => reader.push(bytes))).toBe('TOO_LARGE');
  });

  it('refuses edges to nowhere, names that are not there, and what is no snapshot', () => {
    const broken = [
      '',
      '[]',
      '{}',
      '{"nodes":[]}',
      small.replace('"nodes":[', '"nodes":[-'),
      small.replace('"nodes":[', '"nodes":[1.5,'),
      small.replace('"nodes":[9,', '"nodes":[ 0 9,'),
      small.replace('"nodes":[9,', '"nodes":[0  9 ,'),
      small.replace('"nodes":[', '"nodes":[,'),
      small.replace('"nodes":[', '"nodes":[99999999999999999999,'),
      small.replace('"nodes":[', '"nodes":{"a":['),
      small.replace('"nodes"', '"edges"'),
      small.replace('node_fields', 'other_fields'),
      small.replace('"self_size"', '"size"'),
      small.replace('"edges":[1,1,6', '"edges":[1,1,7'),
      small.replace('"edges":[1,1,6', '"edges":[1,1,60'),
      small.replace('"edges":[1,1,6', '"edges":[2,99,6'),
      `${small}x`,
      `{"x":${'['.repeat(100)}`,
    ];
    for (const text of broken)
      expect(
        fault(() => readSnapshot(text)),
        text.slice(0, 40),
      ).toMatch(/CORRUPT|TRUNCATED|UNSUPPORTED|TOO_LARGE/);
  });

  it('answers any damage with a FormatError or a consistent graph', () => {
    const bytes = Buffer.from(small);
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 300 }),
        (damages, chunkBytes) => {
          const damaged = Buffer.from(bytes);
          for (const { at, byte } of damages) damaged[at] = byte;
          fault(() => {
            const graph = readSnapshot(damaged, chunkBytes);
            for (const target of targetsOf(graph)) expect(target).toBeLessThan(graph.nodeCount);
            expect(graph.firstEdge[graph.nodeCount]).toBe(graph.edgeCount);
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
