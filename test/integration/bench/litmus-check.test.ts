import { describe, expect, it } from 'vitest';
import { judgeLitmus } from './litmus-check.ts';

const count = 16;

/** The memory of `writers` litmus writers at one moment, each having finished so many values: what litmus.c would leave. */
function memory(...finished: number[]): Buffer[] {
  return finished.flatMap((done, writer) =>
    Array.from({ length: count }, (_, index) => {
      const newest = done - 1;
      const seq = newest - ((((newest - index) % count) + count) % count);
      const page = Buffer.alloc(4096);
      page.write('memoir-L');
      page.writeUInt32LE(writer, 8);
      page.writeUInt32LE(finished.length, 12);
      page.writeUInt32LE(index, 16);
      page.writeUInt32LE(count, 20);
      page.writeBigUInt64LE(BigInt(seq), 24);
      page.writeBigUInt64LE(BigInt(finished[(writer + 1) % finished.length] as number), 32);
      for (let f = 0; f < 4048; f++) page[40 + f] = (index * 31 + writer) ^ (f >> 4);
      page.writeBigUInt64LE(BigInt(seq), 4088);
      return page;
    }),
  );
}

/** The same memory with one page changed. */
function changed(pages: Buffer[], index: number, change: (page: Buffer) => unknown): Buffer[] {
  const page = Buffer.from(pages[index] as Buffer);
  change(page);
  return pages.with(index, page);
}

const verdict = async (pages: Uint8Array[]): Promise<string> => {
  const { consistent, problems } = await judgeLitmus(pages);
  expect(consistent).toBe(problems.length === 0);
  return problems.join('; ');
};

describe('the judge of the litmus', () => {
  const one = memory(1000);
  const two = memory(1000, 2007);

  it('finds the memory of one moment consistent, in any order and among other pages', async () => {
    expect(await verdict(one)).toBe('');
    expect(await verdict([...two.toReversed(), Buffer.alloc(4096), Buffer.alloc(4096, 'memoir-')])).toBe('');
    expect((await judgeLitmus(two)).writers).toEqual([
      { pages: count, oldest: 984n, newest: 999n },
      { pages: count, oldest: 1991n, newest: 2006n },
    ]);
  });

  it('does not call an image consistent that holds no litmus', async () => {
    expect(await verdict([Buffer.alloc(4096)])).toBe('no litmus page in the image');
  });

  it('sees a page that is newer than the moment', async () => {
    const later = memory(1003);
    expect(await verdict(one.with(1, later[1] as Buffer))).toContain('torn');
  });

  it('sees a page that is older than the moment', async () => {
    const earlier = memory(900);
    expect(await verdict(one.with(5, earlier[5] as Buffer))).toContain('torn');
  });

  it('sees two moments that each writer alone does not show', async () => {
    expect(await verdict([...memory(1000, 2007).slice(0, count), ...memory(900, 1990).slice(count)])).toContain(
      'saw 2007 values of the next writer, which shows 1990',
    );
  });

  it('allows only the newest page to be between its two stores', async () => {
    const between = (page: Buffer): unknown => page.writeBigUInt64LE(page.readBigUInt64LE(24) - BigInt(count), 4088);
    const newest = 999 % count;
    expect(await verdict(changed(one, newest, between))).toBe('');
    expect(await verdict(changed(one, newest - 1, between))).toContain('torn inside');
  });

  it('sees missing, doubled, misplaced and damaged pages', async () => {
    expect(await verdict(one.slice(1))).toContain('15 pages of 16');
    expect(await verdict([...one, one[3] as Buffer])).toContain('17 pages of 16');
    expect(await verdict(changed(one, 3, (page) => page.writeUInt32LE(4, 16)))).toContain('stands in page 4');
    expect(await verdict(changed(one, 3, (page) => page.writeUInt8(page.readUInt8(999) ^ 1, 999)))).toContain(
      'damaged',
    );
  });
});
