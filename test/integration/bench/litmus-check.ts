/**
 * The judge of what litmus.c leaves in memory: whether an image shows one moment. It needs nothing but the guest's pages, in
 * any order, from any source.
 */
export interface LitmusVerdict {
  /** Whether the image can have been the memory at one moment, with every litmus page intact. */
  readonly consistent: boolean;
  /** What is wrong, in words; at most a few of each kind. */
  readonly problems: readonly string[];
  readonly writers: readonly LitmusWriter[];
}

export interface LitmusWriter {
  readonly pages: number;
  readonly oldest: bigint;
  readonly newest: bigint;
}

const pageSize = 4096;
const magic = Buffer.from('memoir-L');

/** The layout of a page in litmus.c: offsets of its little-endian fields. */
const at = { writer: 8, writers: 12, index: 16, pages: 20, seq: 24, seen: 32, filler: 40, end: 4088 } as const;

interface Page {
  readonly index: number;
  readonly seq: bigint;
  readonly seen: bigint;
  readonly end: bigint;
}

/** Judges all 4 KiB `pages` of a guest's memory. An image without a single litmus page is not consistent: nothing was shown. */
export async function judgeLitmus(pages: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<LitmusVerdict> {
  const problems: string[] = [];
  const found: Page[][] = [];
  let expected: { writers: number; pages: number } | undefined;
  for await (const bytes of pages) {
    if (bytes.length !== pageSize || magic.compare(bytes, 0, 8) !== 0) continue;
    const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const writer = page.readUInt32LE(at.writer);
    const index = page.readUInt32LE(at.index);
    expected ??= { writers: page.readUInt32LE(at.writers), pages: page.readUInt32LE(at.pages) };
    if (damaged(page, writer, index)) problems.push(`page ${index} of writer ${writer}: its filler is damaged`);
    found[writer] ??= [];
    found[writer].push({
      index,
      seq: page.readBigUInt64LE(at.seq),
      seen: page.readBigUInt64LE(at.seen),
      end: page.readBigUInt64LE(at.end),
    });
  }
  if (!expected) return { consistent: false, problems: ['no litmus page in the image'], writers: [] };

  const writers = Array.from({ length: expected.writers }, (_, writer) => span(found[writer] ?? []));
  for (let writer = 0; writer < expected.writers; writer++) {
    const next = (writer + 1) % expected.writers;
    problems.push(
      ...judgeWriter(found[writer] ?? [], expected.pages, writers[next]?.newest ?? 0n).map(
        (problem) => `writer ${writer}: ${problem}`,
      ),
    );
  }
  return { consistent: problems.length === 0, problems: problems.slice(0, 20), writers };
}

/** Whether the bytes between the values differ from the formula of litmus.c. */
function damaged(page: Buffer, writer: number, index: number): boolean {
  for (let f = 0; f < at.end - at.filler; f++)
    if (page[at.filler + f] !== (((index * 31 + writer) ^ (f >> 4)) & 0xff)) return true;
  return false;
}

function span(pages: readonly Page[]): LitmusWriter {
  let oldest = pages[0]?.seq ?? 0n;
  let newest = oldest;
  for (const { seq } of pages) {
    if (seq < oldest) oldest = seq;
    if (seq > newest) newest = seq;
  }
  return { pages: pages.length, oldest, newest };
}

/** What is wrong with the pages of one writer; the newest value of the next writer bounds what it can have seen. */
function judgeWriter(pages: readonly Page[], count: number, nextNewest: bigint): string[] {
  const problems: string[] = [];
  const { oldest, newest } = span(pages);
  if (pages.length !== count) problems.push(`${pages.length} pages of ${count}`);
  if (newest - oldest !== BigInt(count - 1)) problems.push(`values span ${newest - oldest + 1n}, not ${count}: torn`);
  const distinct = new Set(pages.map(({ seq }) => seq)).size;
  if (distinct !== pages.length) problems.push(`${pages.length - distinct} values stand in two pages`);
  const lagging: string[] = [];
  for (const { index, seq, seen, end } of pages) {
    if (seq % BigInt(count) !== BigInt(index)) lagging.push(`value ${seq} stands in page ${index}`);
    // Between its two stores of a value, a writer has one page whose end is a round behind: the newest.
    if (end !== seq && !(seq === newest && end + BigInt(count) === seq))
      lagging.push(`page ${index} starts with ${seq} and ends with ${end}: torn inside`);
    if (seen > nextNewest + 1n)
      lagging.push(`page ${index} saw ${seen} values of the next writer, which shows ${nextNewest + 1n}: torn`);
  }
  return [...problems, ...lagging.slice(0, 5)];
}
