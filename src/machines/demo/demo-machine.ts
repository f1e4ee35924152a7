import { isUuid } from '../../domain/id.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { MachineState } from '../machine.ts';
import type { MemoryRange } from '../memory-source.ts';

/** A simulated machine as it is when the demo starts. */
export interface DemoMachineSpec {
  readonly id: string;
  readonly name: string;
  readonly title: string | null;
  readonly state: 'RUNNING' | 'PAUSED' | 'SHUT_OFF';
  /** A multiple of 1 MiB, at least 2 MiB. */
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** Whether the guest hands its VMCOREINFO to the hypervisor, as with QEMU's vmcoreinfo device. */
  readonly handsOverVmcoreinfo: boolean;
}

const mebibyte = 1 << 20;

/** What a small shop runs: every state and several sizes, the largest long enough to watch. */
export const demoFleet: readonly DemoMachineSpec[] = [
  {
    id: '0d6a1c5e-3b1f-4a52-9a0e-7c5f2f1b8d01',
    name: 'web-01',
    title: 'Shop front',
    state: 'RUNNING',
    memoryBytes: 128 * mebibyte,
    vcpus: 1,
    handsOverVmcoreinfo: false,
  },
  {
    id: '3f2b7e90-64c8-4d1b-8f37-1a9e5d0c4b02',
    name: 'mail-01',
    title: 'Mail',
    state: 'RUNNING',
    memoryBytes: 256 * mebibyte,
    vcpus: 2,
    handsOverVmcoreinfo: false,
  },
  {
    id: '91c4d8fa-0e57-4c3a-b6d2-58e7a3f19c03',
    name: 'db-01',
    title: 'Orders database',
    state: 'RUNNING',
    memoryBytes: 1024 * mebibyte,
    vcpus: 4,
    handsOverVmcoreinfo: true,
  },
  {
    id: 'a87e05b3-92d6-4f0c-a1e4-c06b9d72e504',
    name: 'build-01',
    title: 'Build runner',
    state: 'PAUSED',
    memoryBytes: 256 * mebibyte,
    vcpus: 2,
    handsOverVmcoreinfo: false,
  },
  {
    id: 'c5190f6d-7ab4-4e88-93cb-2d4f8e61a705',
    name: 'backup-01',
    title: 'Nightly backup',
    state: 'SHUT_OFF',
    memoryBytes: 512 * mebibyte,
    vcpus: 1,
    handsOverVmcoreinfo: false,
  },
];

/** Refuses a machine that cannot be simulated. */
export function checkSpec(spec: DemoMachineSpec): void {
  const sized =
    Number.isSafeInteger(spec.memoryBytes) && spec.memoryBytes >= 2 * mebibyte && spec.memoryBytes % mebibyte === 0;
  const counted = Number.isInteger(spec.vcpus) && spec.vcpus >= 1 && spec.vcpus <= 64;
  if (isUuid(spec.id) && spec.name !== '' && sized && counted) return;
  throw new MemoirError('BAD_INPUT', `the demo machine ${JSON.stringify(spec.name)} cannot be simulated`);
}

/** Whether there is memory, and whether it changes. */
export const executes = (state: MachineState): boolean => state === 'RUNNING';

/**
 * Guest-physical ranges of a q35 machine's RAM: the VGA hole at 640 KiB, and from 0xb0000000 on the part above 2 GiB moved
 * behind 4 GiB (QEMU hw/i386/pc_q35.c). The firmware below 1 MiB is left out.
 */
export function memoryRanges(memoryBytes: number): MemoryRange[] {
  const vgaHole = { start: 0n, end: 0xa0000n };
  const low = memoryBytes >= 0xb000_0000 ? 0x8000_0000 : memoryBytes;
  const ranges = [vgaHole, { start: 0x10_0000n, end: BigInt(low) }];
  if (low < memoryBytes) ranges.push({ start: 0x1_0000_0000n, end: 0x1_0000_0000n + BigInt(memoryBytes - low) });
  return ranges;
}

/** Size of the image: what the ranges hold. */
export function imageBytes(memoryBytes: number): number {
  return memoryRanges(memoryBytes).reduce((sum, { start, end }) => sum + Number(end - start), 0);
}
