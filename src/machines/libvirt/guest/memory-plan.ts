import { MemoirError } from '../../../domain/memoir-error.ts';
import type { MemoryRegion } from '../../../formats/qemu-migration/memory-tree.ts';
import { parseMemoryTree } from '../../../formats/qemu-migration/memory-tree.ts';
import type { Guest } from './guest.ts';

/** A memory region as plain data: addresses as text, because a plan crosses threads as JSON. */
export type PlannedRegion = {
  readonly start: string;
  readonly end: string;
  readonly offset: string;
  readonly name: string;
};

/** What a guest's processors see now, as far as it is memory. */
export async function readRegions(guest: Guest): Promise<PlannedRegion[]> {
  return parseMemoryTree(await guest.memoryTree()).map(({ start, end, offset, name }) => ({
    start: start.toString(16),
    end: end.toString(16),
    offset: offset.toString(16),
    name,
  }));
}

export function regionsOf(planned: readonly PlannedRegion[]): MemoryRegion[] {
  const number = (text: string): bigint => BigInt(`0x${text}`);
  return planned.map(({ start, end, offset, name }) => ({
    start: number(start),
    end: number(end),
    offset: number(offset),
    name,
  }));
}

/** Bytes of memory in them: the size of the image before headers. */
export function regionBytes(planned: readonly PlannedRegion[]): number {
  return regionsOf(planned).reduce((sum, { start, end }) => sum + Number(end - start), 0);
}

/**
 * The stream says which byte of which block a page is, and this map where the guest sees it; so it must not have changed
 * while the stream was made. It does when firmware moves its shadow (PAM registers, early in boot) or memory is plugged.
 */
export async function checkRegions(guest: Guest, planned: readonly PlannedRegion[]): Promise<void> {
  const now = await readRegions(guest);
  if (JSON.stringify(now) === JSON.stringify(planned)) return;
  throw new MemoirError('CAPTURE_FAILED', 'the guest’s memory map changed while its memory was captured', {
    hint: 'This happens during boot or memory hot-plug. Trigger the dump again.',
  });
}
