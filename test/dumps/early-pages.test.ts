import { expect, it } from 'vitest';
import { EarlyPages, type SlotStore } from '../../src/dumps/pipeline/early-pages.ts';

const frameBytes = 64;
const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);

/** Slots in memory, and the writes to them. */
function slotStore() {
  const slots: Uint8Array[] = [];
  const writes: { slot: number; offset: number; lengths: number[] }[] = [];
  const freed: number[] = [];
  const store: SlotStore = {
    takeZeroed: () => slots.push(new Uint8Array(frameBytes)) - 1,
    write(slot, offset, pieces) {
      writes.push({ slot, offset, lengths: pieces.map(({ length }) => length) });
      let at = offset;
      for (const piece of pieces) {
        slots[slot]?.set(piece, at);
        at += piece.length;
      }
    },
    read: (slot, target) => target.set(slots[slot] as Uint8Array),
    free: (slot) => void freed.push(slot),
  };
  return { store, slots, writes, freed };
}

function taken(pages: EarlyPages, frame: number): Uint8Array {
  const target = new Uint8Array(frameBytes);
  pages.take(frame, target);
  return target;
}

it('early pages stay in memory up to its limit, each in its place', () => {
  const { store, slots } = slotStore();
  const pages = new EarlyPages(store, 4, 32);
  pages.put(0, 8, bytes(16, 1));
  pages.put(3, 0, bytes(16, 2));
  expect([0, 1, 2, 3].map((frame) => pages.has(frame))).toEqual([true, false, false, true]);
  const expected = new Uint8Array(frameBytes).fill(1, 8, 24);
  expect(taken(pages, 0)).toEqual(expected);
  expect(pages.has(0)).toBe(false);
  // What was taken has made room.
  pages.put(1, 0, bytes(16, 3));
  expect(slots).toHaveLength(0);
  pages.put(1, 16, bytes(1, 3));
  expect(slots).toHaveLength(2);
});

it('early pages that memory has no room for go to one slot of their frame, what follows each other by one call', () => {
  const { store, writes, freed } = slotStore();
  const pages = new EarlyPages(store, 4, 32);
  pages.put(2, 48, bytes(8, 4));
  pages.put(2, 8, bytes(8, 2));
  pages.put(2, 0, bytes(8, 1));
  pages.put(1, 0, bytes(8, 9));
  expect(writes).toEqual([]);
  pages.put(2, 16, bytes(8, 3));
  expect(writes).toEqual([
    { slot: 0, offset: 0, lengths: [8, 8] },
    { slot: 0, offset: 48, lengths: [8] },
    { slot: 1, offset: 0, lengths: [8] },
  ]);
  expect([pages.has(1), pages.has(2), pages.has(3)]).toEqual([true, true, false]);
  pages.put(1, 8, bytes(24, 9));
  pages.put(0, 0, bytes(1, 7));
  // The slot that the frame has already.
  expect(writes.slice(3)).toEqual([
    { slot: 0, offset: 16, lengths: [8] },
    { slot: 1, offset: 8, lengths: [24] },
  ]);
  const expected = new Uint8Array(frameBytes).fill(1, 0, 8).fill(2, 8, 16).fill(3, 16, 24).fill(4, 48, 56);
  expect(taken(pages, 2)).toEqual(expected);
  expect([freed, pages.has(2)]).toEqual([[0], false]);
  expect(taken(pages, 2)).toEqual(new Uint8Array(frameBytes));
  expect(freed).toEqual([0]);
  expect(taken(pages, 0)).toEqual(new Uint8Array(frameBytes).fill(7, 0, 1));
});

it('early pages of a frame may be on the disk and in memory, and the copy is their own', () => {
  const { store } = slotStore();
  const pages = new EarlyPages(store, 1, 8);
  const own = bytes(8, 1);
  pages.put(0, 0, own);
  own.fill(99);
  pages.put(0, 8, bytes(8, 2));
  expect(taken(pages, 0)).toEqual(new Uint8Array(frameBytes).fill(1, 0, 8).fill(2, 8, 16));
});
