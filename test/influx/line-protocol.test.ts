import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boolean, encodeLine, float, integer, string } from '../../src/influx/line-protocol.ts';
import { fromTagValue, toTagValue } from '../../src/influx/tag-text.ts';
import { fromRow, toLine } from '../../src/records/influx/point.ts';
import { anyText } from '../contracts/any-text.ts';
import { hostileNames, sampleRecord } from '../contracts/sample-records.ts';
import { parseLine, splitLines } from '../fakes/influxdb3/lines.ts';

// Everything that a name may be: any characters, and mostly those that mean something somewhere.
const anyName = fc.oneof(
  anyText({ maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...'\\,= "\'\n\r\t\0\u001b\u241b\u2422\u2426\uff3c#%aZé🦊'), maxLength: 30 }),
);

describe('a tag value', () => {
  it('gives every name back, and holds nothing that a line cannot', () => {
    const check = (name: string) => {
      const tag = toTagValue(name);
      expect(fromTagValue(tag)).toBe(name.toWellFormed());
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the characters that must not be there.
      expect(tag).not.toMatch(/[\x00-\x1f\x7f\\]/);
      expect(tag).not.toBe('');
    };
    fc.assert(fc.property(anyName, check), { numRuns: 2_000 });
    for (const name of [...hostileNames, '', '\u2422', '\u2426', '\u241b', '\uff3c\\']) check(name);
  });

  it('is the name itself where nothing stands against it', () => {
    for (const name of ['web-01', 'a,b=c d', 'ünïcödé', '🦊', 'quote\'"', ' ']) expect(toTagValue(name)).toBe(name);
  });
});

describe('a line', () => {
  it('is as it was written down once: sorted, typed, in nanoseconds', () => {
    const line = encodeLine({
      measurement: 'mem_dumps',
      tags: { vmid: '101', dom: 'a,b=c d' },
      fields: {
        sha256: string('a"b\\c'),
        duration_sec: float(5),
        gzip_size_bytes: integer(2 ** 40),
        demo: boolean(false),
        nothing: string(null),
        infinite: float(Number.POSITIVE_INFINITY),
      },
      timeUs: 1_763_109_503_123_456,
    });
    expect(line).toBe(
      'mem_dumps,dom=a\\,b\\=c\\ d,vmid=101 demo=false,duration_sec=5,gzip_size_bytes=1099511627776i,sha256="a\\"b\\\\c" 1763109503123456000',
    );
  });

  it('is exactly one point, whatever the machine is called and wherever the dump lies, and gives the record back', () => {
    const check = (dom: string, vmid: string, dumpPath: string) => {
      const record = sampleRecord(1, { dom, vmid, dumpPath });
      const lines = splitLines(toLine(record));
      expect(lines).toHaveLength(1);
      const { measurement, tags, fields, time } = parseLine(lines[0] as string);
      expect(measurement).toBe('mem_dumps');
      expect([...tags.keys()]).toEqual(['dom', 'vmid']);
      const row = Object.fromEntries([...tags, ...[...fields].map(([name, { value }]) => [name, value] as const)]);
      expect(fromRow(row, Number((time as bigint) / 1000n))).toEqual(record);
    };
    const anyText = anyName.map((name) => name.toWellFormed());
    fc.assert(fc.property(anyText, anyText, anyText, check), { numRuns: 1_000 });
    for (const name of hostileNames) check(name, name, name);
  });
});

it('points of the old scripts are records: what they lack is found in the path or left empty', () => {
  const row = {
    dom: 'vm-web-01',
    vmid: '101',
    sha256: 'ab',
    duration_sec: 5.23,
    gzip_size_bytes: 7,
    dump_path: '/d/1.mem.gz',
  };
  expect(fromRow(row, 1_699_520_400_000_000)).toMatchObject({
    id: 'point:1699520400000000:101:vm-web-01',
    dom: 'vm-web-01',
    machineId: 'dom:vm-web-01',
    durationSec: 5.23,
    sizeBytes: 7,
    format: 'ELF',
    compression: 'GZIP',
    method: 'CORE_DUMP',
    state: 'AVAILABLE',
    imageSha256: null,
    guestPauseMs: null,
    demo: false,
  });
});
