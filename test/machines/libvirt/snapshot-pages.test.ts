import { expect, it } from 'vitest';
import type { RamBlock } from '../../../src/formats/qemu-migration/ram-blocks.ts';
import { SnapshotPages } from '../../../src/machines/libvirt/snapshot/snapshot-pages.ts';

const page = 4096;
const block = (index: number, name: string, pages: number): RamBlock => ({
  index,
  name,
  length: pages * page,
  extents: [{ start: 0, end: pages * page }],
});
const region = (name: string, start: number, end: number, offset = 0) => ({
  name,
  start: BigInt(start * page),
  end: BigInt(end * page),
  offset: BigInt(offset * page),
});
// RAM of eight pages, of which the guest sees the first four at 0 and the last two at 100; a BIOS of two, in two places.
const ram = block(0, 'pc.ram', 8);
const bios = block(1, 'pc.bios', 2);
const regions = [
  region('pc.ram', 0, 4),
  region('pc.bios', 50, 52),
  region('pc.ram', 100, 102, 6),
  region('pc.bios', 200, 202),
];

function pages() {
  const said: [string, number, number][] = [];
  const seen: bigint[] = [];
  const sink = {
    data: (at: number, bytes: Uint8Array) => void said.push(['data', at / page, bytes.length / page]),
    zero: (at: number, length: number) => void said.push(['zero', at / page, length / page]),
  };
  const taken = new SnapshotPages(
    regions,
    [ram, bios],
    sink as never,
    (address) => void seen.push(address / BigInt(page)),
  );
  return { taken, said, seen };
}
const filled = (first: number) => new Uint8Array(page).fill(first);

it('puts each page where the guest sees it, leaves out what it does not see, and twice what it sees twice', () => {
  const { taken, said } = pages();
  for (const at of [0, 3, 4, 5, 6, 7]) taken.page(ram, at * page, filled(1));
  taken.page(bios, page, filled(1));
  expect(said).toEqual([
    ['data', 0, 1],
    ['data', 3, 1],
    ['data', 6, 1],
    ['data', 7, 1],
    ['data', 5, 1],
    ['data', 9, 1],
  ]);
  expect(taken.ranges.map(({ start, end }) => [Number(start) / page, Number(end) / page])).toEqual([
    [0, 4],
    [50, 52],
    [100, 102],
    [200, 202],
  ]);
});

it('shows a page that may hold VMCOREINFO, with its address in the guest', () => {
  const { taken, seen } = pages();
  taken.page(ram, 2 * page, filled(11));
  taken.page(ram, 3 * page, filled(12));
  taken.page(ram, 7 * page, filled(11));
  expect(seen).toEqual([2n, 101n]);
});

it('passes zeros that follow each other on as one stretch, at the next page or at the end', () => {
  const { taken, said } = pages();
  for (const at of [0, 1, 4, 5]) taken.zero(ram, at * page);
  taken.page(ram, 2 * page, filled(1));
  taken.zero(ram, 3 * page);
  taken.zero(ram, 6 * page);
  taken.zero(ram, 7 * page);
  expect(said).toEqual([
    ['zero', 0, 2],
    ['data', 2, 1],
    ['zero', 3, 1],
  ]);
  taken.flush();
  taken.flush();
  expect(said.slice(3)).toEqual([['zero', 6, 2]]);
});

it('refuses memory that is not in whole pages', () => {
  const odd = { ...region('pc.ram', 0, 4), start: 1n, end: BigInt(page + 1) };
  expect(() => new SnapshotPages([odd], [ram], {} as never, () => undefined)).toThrow(/not in whole pages/);
});
