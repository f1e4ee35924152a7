import { expect, it, onTestFinished } from 'vitest';
import { Spool } from '../../src/dumps/pipeline/spool.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const large = 512 * 1024;
const small = 4096;
const piece = (length: number, fill: number) => new Uint8Array(length).fill(fill);

async function open(limitBytes = 1 << 30) {
  const spool = await Spool.open(temporaryFolder(), limitBytes);
  onTestFinished(() => spool.close());
  const read = (at: number, length: number): Uint8Array => {
    const target = new Uint8Array(length);
    spool.read(at, target);
    return target;
  };
  return { spool, read };
}

it('uses the place of a large piece again, and leaves every other piece as it is', async () => {
  const { spool, read } = await open();
  const places = [1, 2, 3].map((fill) => spool.append(piece(large, fill)));
  const page = spool.append(piece(small, 9));
  const odd = spool.append(piece(large - small, 8));
  const size = spool.size;
  spool.free(places[1] as number, large);
  expect(spool.append(piece(large, 4))).toBe(places[1]);
  expect(spool.size).toBe(size);
  expect(spool.append(piece(large, 5))).toBe(size);
  expect([places[0], places[1], places[2], size].map((at) => read(at as number, large)[large - 1])).toEqual([
    1, 4, 3, 5,
  ]);
  expect([read(page, small), read(odd, large - small)]).toEqual([piece(small, 9), piece(large - small, 8)]);
});

it('gives no place of a small piece away: what was read ahead would be another’s', async () => {
  const { spool, read } = await open();
  const pages = Array.from({ length: 200 }, (_, index) => spool.append(piece(small, index)));
  read(pages[0] as number, small);
  spool.free(pages[1] as number, small);
  expect(spool.append(piece(small, 250))).toBe(200 * small);
  expect(read(pages[1] as number, small)).toEqual(piece(small, 1));
});

it('refuses to become longer than it may, and takes as much again as was freed', async () => {
  const { spool } = await open(2 * large);
  const [first] = [spool.append(piece(large, 1)), spool.append(piece(large, 2))];
  expect(() => spool.append(piece(large, 3))).toThrow(/more than 1048576 bytes of spool/);
  spool.free(first, large);
  expect(spool.append(piece(large, 3))).toBe(first);
  expect(() => spool.append(piece(large, 4))).toThrow(/spool/);
});
