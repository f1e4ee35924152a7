import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished, vi } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { Spool } from '../../src/dumps/pipeline/spool.ts';
import { SpaceGuard } from '../../src/storage/free-space.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const slotBytes = 512;
const piece = (length: number, fill: number) => new Uint8Array(length).fill(fill);

async function open(limitBytes = 1 << 30) {
  const spool = await Spool.open(temporaryFolder(), slotBytes, limitBytes);
  onTestFinished(() => spool.close());
  const read = (slot: number): Uint8Array => {
    const target = new Uint8Array(slotBytes).fill(255);
    spool.read(slot, target);
    return target;
  };
  return { spool, read };
}

it('keeps what was written to each slot, however slots are taken and given back', async () => {
  const { spool, read } = await open();
  const kept = new Map<number, Uint8Array>();
  let most = 0;
  fc.assert(
    fc.property(
      fc.array(fc.record({ zeroed: fc.boolean(), offset: fc.nat(400), fill: fc.integer({ min: 1, max: 254 }) })),
      fc.array(fc.boolean()),
      (writes, frees) => {
        for (const { zeroed, offset, fill } of writes) {
          const slot = zeroed ? spool.takeZeroed() : spool.take();
          expect(kept.has(slot)).toBe(false);
          const content = piece(slotBytes, zeroed ? 0 : fill);
          if (zeroed) {
            spool.write(slot, offset, [piece(40, fill), piece(60, fill)]);
            content.fill(fill, offset, offset + 100);
          } else spool.write(slot, 0, [content]);
          kept.set(slot, content);
        }
        most = Math.max(most, kept.size);
        for (const [slot, content] of kept) expect(read(slot)).toEqual(content);
        [...kept.keys()].forEach((slot, index) => {
          if (frees[index] === false) return;
          spool.free(slot);
          kept.delete(slot);
        });
        expect(spool.size).toBe(most * slotBytes);
      },
    ),
    { numRuns: 30 },
  );
});

it('refuses to become longer than it may, and takes as much again as was freed', async () => {
  const { spool } = await open(2 * slotBytes);
  const [first] = [spool.take(), spool.takeZeroed()];
  expect(() => spool.take()).toThrow(/more than 1024 bytes of spool/);
  spool.free(first);
  expect(spool.take()).toBe(first);
  expect(() => spool.takeZeroed()).toThrow(/spool/);
});

it('uses every place again that was given back, the first ones first, however many there are', async () => {
  const { spool } = await open();
  const count = 2000;
  const slots = Array.from({ length: count }, () => spool.take());
  expect(slots).toEqual(Array.from({ length: count }, (_, index) => index));
  for (const slot of slots.toReversed()) spool.free(slot);
  expect(Array.from({ length: count }, () => spool.take())).toEqual(slots);
  expect(spool.size).toBe(count * slotBytes);
  expect(spool.take()).toBe(count);
});

it('says where it cannot be made', async () => {
  await expect(Spool.open('/dev/null/spool', slotBytes, 1)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

it('is private, and has no name from its first moment on', async () => {
  const folder = join(temporaryFolder(), 'spool');
  const spool = await Spool.open(folder, slotBytes, 1 << 20);
  onTestFinished(() => spool.close());
  expect([readdirSync(folder), statSync(folder).mode & 0o777]).toEqual([[], 0o700]);
});

it('asks for room for all that it is about to write', async () => {
  const spend = vi.spyOn(SpaceGuard.prototype, 'spend');
  onTestFinished(() => spend.mockRestore());
  const { spool, read } = await open();
  const slot = spool.take();
  spool.write(slot, 0, [piece(100, 1), piece(200, 2)]);
  expect(spend.mock.calls).toEqual([[300]]);
  spend.mockImplementation(() => {
    throw new MemoirError('NO_SPACE', 'what is left is kept for others');
  });
  expect(() => spool.write(slot, 0, [piece(1, 3)])).toThrow(expect.objectContaining({ code: 'NO_SPACE' }));
  expect(read(slot)[0]).toBe(1);
});
