import { describe, expect, it } from 'vitest';
import type { HeapGraph } from '../../../src/formats/heap-snapshot/heap-graph.ts';
import { PackedColumn } from '../../../src/formats/heap-snapshot/packed-column.ts';
import { SnapshotRedactor } from '../../../src/formats/heap-snapshot/redaction.ts';
import { readSnapshot, writeSnapshot } from './written-snapshot.ts';

function redact(text: string, chunkBytes: number): string {
  const redactor = new SnapshotRedactor();
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const piece of redactor.push(bytes.subarray(at, at + chunkBytes))) out.push(Buffer.from(piece));
  }
  redactor.end();
  return Buffer.concat(out).toString();
}

describe('redaction', () => {
  const snapshot = writeSnapshot([
    {
      name: 'Root',
      edges: [
        { name: 'password', to: 1 },
        { name: 'größe', to: 2 },
        { name: 'count', to: 3 },
      ],
    },
    { type: 'string', name: 'hunter2 "and" \\ more', size: 40 },
    { type: 'concatenated string', name: 'Bearer abc', size: 32 },
    { type: 'number', name: '4929123412341234', size: 12 },
    { type: 'string', name: 'password', size: 20 },
    { type: 'closure', name: 'login' },
  ]);

  it('takes out what strings and numbers contain and keeps names, sizes and the graph, in chunks of any size', () => {
    const whole = redact(snapshot, 100_000);
    for (const secret of ['hunter2', 'Bearer', '4929']) expect(whole).not.toContain(secret);
    for (const name of ['Root', 'password', 'größe', 'count', 'login']) expect(whole).toContain(`"${name}"`);
    for (const chunkBytes of [1, 3, 50]) expect(redact(snapshot, chunkBytes)).toBe(whole);
    const [before, after] = [readSnapshot(snapshot), readSnapshot(whole)];
    const graphOf = ({ strings: _, ...graph }: HeapGraph) =>
      Object.entries(graph).map(([name, value]) => [name, value instanceof PackedColumn ? value.toArray() : value]);
    expect(graphOf(after)).toEqual(graphOf(before));
    expect(after.strings.text(after.nodeNames.at(2))).toBe('len:10');
    expect(() => JSON.parse(whole)).not.toThrow();
  });
});
