import { expect, it } from 'vitest';
import { reserveOf, SpaceGuard } from '../../src/storage/free-space.ts';

it('the reserve is a twentieth of the file system and at most 256 MiB, unless told', () => {
  expect([reserveOf(2000), reserveOf(2 ** 40), reserveOf(2 ** 40, 5)]).toEqual([100, 256 << 20, 5]);
});

it('asks the file system before the first byte, and takes the last one that is not reserved', () => {
  const guard = new SpaceGuard('/dumps', 100, () => ({ freeBytes: 150, totalBytes: 1000 }));
  expect(() => guard.spend(51)).toThrow(expect.objectContaining({ code: 'NO_SPACE' }));
  guard.spend(50);
  const full = new SpaceGuard('/dumps', 100, () => ({ freeBytes: 100, totalBytes: 1000 }));
  expect(() => full.spend(1)).toThrow(expect.objectContaining({ code: 'NO_SPACE' }));
});

it('keeps the reserve free while another writer takes as much as oneself, and asks the file system seldom', () => {
  let freeBytes = 4 * 2 ** 30;
  let asked = 0;
  const guard = new SpaceGuard('/dumps', 1 << 28, () => {
    asked += 1;
    return { freeBytes, totalBytes: 2 ** 40 };
  });
  const write = (): void => {
    for (;;) {
      guard.spend(1 << 20);
      freeBytes -= 2 << 20;
    }
  };
  expect(write).toThrow(expect.objectContaining({ code: 'NO_SPACE' }));
  expect(freeBytes).toBeGreaterThanOrEqual(1 << 28);
  expect(freeBytes).toBeLessThan((1 << 28) + (8 << 20));
  // Of nearly two thousand writes.
  expect(asked).toBeLessThan(250);
});

it('asks again after 16 MiB, however much is free', () => {
  let asked = 0;
  const guard = new SpaceGuard('/dumps', 0, () => {
    asked += 1;
    return { freeBytes: 2 ** 40, totalBytes: 2 ** 40 };
  });
  for (let written = 0; written < 170; written += 1) guard.spend(1 << 20);
  expect(asked).toBe(10);
});

it('tells what is free and what is kept, when it refuses', () => {
  const guard = new SpaceGuard('/dumps', 60, () => ({ freeBytes: 100, totalBytes: 1000 }));
  expect(() => guard.spend(41)).toThrow(
    expect.objectContaining({ details: { freeBytes: 100, reserveBytes: 60 }, message: expect.stringContaining('100') }),
  );
});
