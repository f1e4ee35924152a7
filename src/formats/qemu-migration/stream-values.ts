import type { ByteFeed } from './byte-feed.ts';
import { MigrationFormatError } from './migration-error.ts';

/** A reading that waits for chunks: run it with `yield*`. */
export type Reading<T> = Generator<void, T, void>;

export function* readByte(feed: ByteFeed): Reading<number> {
  yield* feed.more(1);
  return feed.bytes[feed.at++] as number;
}

export function* readWord(feed: ByteFeed): Reading<number> {
  yield* feed.more(4);
  const { buffer, byteOffset } = feed.bytes;
  const value = new DataView(buffer, byteOffset + feed.at, 4).getUint32(0);
  feed.at += 4;
  return value;
}

/** Eight bytes that count something; more than a number can hold exactly is refused. */
export function* readCount(feed: ByteFeed, section: string): Reading<number> {
  const offset = feed.offset;
  const value = (yield* readWord(feed)) * 0x1_0000_0000 + (yield* readWord(feed));
  if (!Number.isSafeInteger(value)) throw new MigrationFormatError('TOO_LARGE', section, offset, `a count of ${value}`);
  return value;
}

/** Text whose length is known; the caller has bounded it by the feed's largest window. */
export function* readText(feed: ByteFeed, length: number): Reading<string> {
  yield* feed.more(length);
  const text = String.fromCharCode(...feed.bytes.subarray(feed.at, feed.at + length));
  feed.at += length;
  return text;
}

/** A name: one byte for the length, then as many bytes. */
export function* readName(feed: ByteFeed): Reading<string> {
  return yield* readText(feed, yield* readByte(feed));
}

/** The next byte, which stays where it is. */
export function* peekByte(feed: ByteFeed): Reading<number> {
  yield* feed.more(1);
  return feed.bytes[feed.at] as number;
}
