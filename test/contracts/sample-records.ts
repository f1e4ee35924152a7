import { createHash } from 'node:crypto';
import type { DumpRecord, RecordState } from '../../src/records/dump-record.ts';

/** 2025-11-14T00:00:00Z in epoch microseconds: the samples lie around it. */
export const midnightUs = Date.UTC(2025, 10, 14) * 1000;
export const dayUs = 86_400_000_000;

/** Names that were a path, a line of protocol, markup, an escape or a pattern somewhere, once. */
export const hostileNames = [
  '../../etc/passwd',
  'a,b=c d',
  'quote"and\'quote',
  'back\\slash\\',
  '\\x41 \\u0041 \\n',
  '%41%',
  '100%',
  'under_score',
  '<img src=x onerror=alert(1)>',
  'two\nlines',
  'tab\tand\rreturn',
  'nul\0inside',
  '\u001b[31mred\u001b[0m',
  '\u202eevil',
  'ünïcödé ÄÖÜ',
  '🦊🦊',
  '$param',
  "'; DROP TABLE records; --",
  ' leading and trailing ',
  'é'.repeat(127),
  '#comment',
] as const;

export function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A record with plausible values: all of them follow from its number, but for what is given. */
export function sampleRecord(number: number, given: Partial<DumpRecord> = {}): DumpRecord {
  const dom = given.dom ?? `vm-${number}`;
  const timeUs = given.timeUs ?? midnightUs + number * 1_000_003;
  const seconds = Math.floor(timeUs / 1e6);
  const machineId = uuid(`machine ${dom}`);
  const folder = given.machineId ?? machineId;
  return {
    id: uuid(`record ${number}`),
    timeUs,
    machineId,
    dom,
    vmid: String(100 + number),
    host: 'host-1',
    state: 'AVAILABLE',
    sha256: createHash('sha256').update(`artifact ${number}`).digest('hex'),
    imageSha256: null,
    durationSec: 1.5 + number / 8,
    sizeBytes: 200_000_000 + number,
    rawSizeBytes: 1_073_741_824,
    ctime: seconds,
    mtime: seconds,
    atime: seconds,
    dumpPath: `/var/lib/memoir/dumps/${folder}/${seconds}_${number}.elf.zst`,
    format: 'ELF',
    compression: 'ZSTD',
    method: 'SNAPSHOT',
    guestPauseMs: 2.5,
    demo: false,
    ...given,
  };
}

/** Numbers that look random and are the same every time (mulberry32). */
export function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/**
 * Many records with everything that makes lists hard: equal times, durations and sizes, machines that were renamed and
 * restarted, names of others in one's own, all states, unknown pauses, days with and without dumps.
 */
export function mixedRecords(count: number, states: readonly RecordState[] = ['AVAILABLE', 'DELETED', 'DAMAGED']) {
  const random = createRandom(count);
  const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;
  const names = [
    'web-01',
    'web-02',
    'WEB-03',
    'db',
    'db-replica',
    '104',
    'café',
    'decafe',
    ...hostileNames.slice(0, 8),
  ];
  return Array.from({ length: count }, (_, number) => {
    const dom = pick(names);
    // One dump of a machine in a microsecond: with that time it is the point's identity in InfluxDB.
    const timeUs = midnightUs - 40 * dayUs + random(45) * dayUs + random(3) * 3_600_000_000 + random(3) * 1000;
    return sampleRecord(number, {
      dom,
      timeUs,
      machineId: uuid(`machine ${dom === 'db-replica' ? 'db' : dom}`),
      vmid: String(100 + random(3)),
      state: pick(states),
      // Some hashes hold what a name holds too.
      ...(number % 6 === 0 ? { sha256: `0cafe${uuid(`hash ${number}`).replaceAll('-', '')}`.padEnd(64, '1') } : {}),
      durationSec: pick([0.25, 1.5, 1.5, 7.125, 33]),
      sizeBytes: pick([0, 4096, 4096, 1_000_000, 2 ** 40]),
      guestPauseMs: pick([null, 2, 2.5, 1200]),
    });
  });
}
