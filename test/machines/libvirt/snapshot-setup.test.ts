import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CapturePlan, CaptureReader } from '../../../src/machines/capture.ts';
import type { CaptureParts } from '../../../src/machines/libvirt/guest/capture-parts.ts';
import type { Guest, Migration } from '../../../src/machines/libvirt/guest/guest.ts';
import { readRegions } from '../../../src/machines/libvirt/guest/memory-plan.ts';
import { takeSnapshot } from '../../../src/machines/libvirt/snapshot/snapshot-capture.ts';
import { passTime } from '../../fakes/libvirt/pass-time.ts';
import { machine } from '../../fakes/machines.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const tree = `FlatView #0
 AS "memory", root: system
 Root memory region: system
  0000000000000000-000000003fffffff (prio 0, ram): pc.ram
`;

/** How often a snapshot is said to move whose QEMU says these states, one at each look; `looked` hears of each. */
async function movesOf(statuses: string[], looked: (look: number) => void = () => undefined): Promise<number> {
  let looks = 0;
  const socket = join(temporaryFolder(), 'socket');
  writeFileSync(socket, '');
  const guest = {
    migration: async (): Promise<Migration> => {
      looked(looks++);
      const status = statuses.shift() ?? 'completed';
      return { status, error: null, totalBytes: 0, remainingBytes: 0, blockedReasons: [] };
    },
    state: async () => ({ state: 1, reason: 1 }),
    job: async () => null,
    memoryTree: async () => tree,
    version: async () => ({ major: 10, minor: 0, micro: 0 }),
    setSnapshotCapability: async () => undefined,
    snapshotCapability: async () => true,
    migrate: async () => undefined,
  } as unknown as Guest;
  let moves = 0;
  const reader: CaptureReader = {
    open: async () => undefined,
    drained: Promise.resolve(),
    moved: () => {
      moves += 1;
    },
    abandon: () => undefined,
  };
  const options = { regions: await readRegions(guest), guestSocket: socket, ownSocket: null, cpuCount: 1 };
  const plan: CapturePlan = {
    machine: machine(1),
    method: 'SNAPSHOT',
    reason: '',
    memoryBytes: 2 ** 30,
    source: { module: '', options },
  };
  const links = { control: { subscribe: () => Promise.reject(new Error('no events here')) } };
  const signal = new AbortController().signal;
  const parts = {
    links,
    guest,
    plan,
    reader,
    signal,
    wasRunning: true,
    touch: async () => undefined,
    connectOptions: {},
  };
  await takeSnapshot(parts as unknown as CaptureParts);
  return moves;
}

// Three looks come before the migration is begun.
const before = ['none', 'none', 'none'];

it('a snapshot is seen to move while QEMU touches every page of shared memory before the first byte', async () => {
  expect(await movesOf([...before, 'setup', 'setup', 'setup', 'active'])).toBe(3);
  expect(await movesOf([...before, 'none', 'setup', 'active'])).toBe(1);
});

it('a setup that goes on for longer than one of so much memory may take is no movement', async () => {
  // 10 s, and 4 s for the GiB of this guest.
  const late = (look: number): void => {
    if (look === 4) passTime(13_000);
    if (look === 5) passTime(15_000);
  };
  expect(await movesOf([...before, 'setup', 'setup', 'setup', 'active'], late)).toBe(2);
});
