import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openFrames } from '../../src/dumps/artifact-content.ts';
import type { Compression } from '../../src/dumps/dump-request.ts';
import { type Codec, createCodec } from '../../src/dumps/pipeline/codec.ts';
import { FrameBuffers } from '../../src/dumps/pipeline/frame-buffers.ts';
import { FrameQueue, type FrameQueueOptions } from '../../src/dumps/pipeline/frame-queue.ts';
import { Spool } from '../../src/dumps/pipeline/spool.ts';
import type { ArtifactStore } from '../../src/storage/artifact-store.ts';
import { openStore } from '../../src/storage/memory/memory-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const frameBytes = 16 * 1024;
const key = { folder: 'machine', file: 'image' };

/** A queue in front of a store that keeps what was written in memory. */
async function queueOf(compression: 'ZSTD' | 'GZIP' | 'NONE', changes: Partial<FrameQueueOptions> = {}) {
  const store: ArtifactStore = await openStore(null);
  const writer = await store.begin(key, 0);
  const spool = await Spool.open(temporaryFolder(), frameBytes, 1 << 30);
  const codec = createCodec(compression, frameBytes);
  onTestFinished(async () => {
    codec.close();
    await spool.close();
  });
  const buffers = new FrameBuffers(frameBytes);
  const options = { codec, writer, spool, parallel: 2, waitingBytes: 2 * frameBytes, buffers, ...changes };
  const queue = new FrameQueue(options);
  const artifact = async () => {
    await queue.finish();
    await writer.write(codec.trailer());
    return Buffer.from(await writer.read(0, writer.writtenBytes));
  };
  const frame = (content: Uint8Array = randomBytes(frameBytes)) => {
    const own = buffers.take().subarray(0, content.length);
    own.set(content);
    return { own, content };
  };
  return { queue, writer, spool, codec, buffers, artifact, frame };
}

async function imageOf(bytes: Buffer, compression: Compression): Promise<Buffer> {
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length);
  const frames = await openFrames({ sizeBytes: bytes.length, read }, compression);
  return frames === null ? bytes : Buffer.concat(await Array.fromAsync(frames.stream()));
}

/** A codec that compresses nothing before it is told to. */
function heldCodec() {
  const gate = Promise.withResolvers<void>();
  const encoding = { now: 0, most: 0 };
  const plain = createCodec('NONE', frameBytes);
  const codec: Codec = {
    ...plain,
    async encode(content) {
      encoding.now += 1;
      encoding.most = Math.max(encoding.most, encoding.now);
      await gate.promise;
      const encoded = await plain.encode(content);
      encoding.now -= 1;
      return encoded;
    },
  };
  return { codec, encoding, release: () => gate.resolve() };
}

describe('frames', () => {
  it.each(['ZSTD', 'GZIP', 'NONE'] as const)(
    'are in the file in their order, those too whose content came last: %s',
    async (compression) => {
      const { queue, artifact, frame, writer } = await queueOf(compression);
      const header = randomBytes(3000);
      const [first, second, third] = [frame(), frame(), frame(randomBytes(5000))];
      const late = randomBytes(frameBytes);
      queue.pushFixed(header);
      queue.push(first.own);
      queue.pushZeros(3 * frameBytes + 4096);
      const place = queue.pushLate(frameBytes);
      queue.push(second.own);
      queue.push(third.own);
      queue.settle(place, late);
      const image = await imageOf(await artifact(), compression);
      const zeros = Buffer.alloc(3 * frameBytes + 4096);
      const expected = Buffer.concat([header, first.content, zeros, late, second.content, third.content]);
      expect(Buffer.compare(image, expected)).toBe(0);
      expect(queue.imageBytes).toBe(expected.length);
      expect(writer.writtenBytes).toBeGreaterThan(0);
    },
  );

  it('of zeros that were sent as data take no more than those that were announced, and their buffers serve again', async () => {
    const { queue, artifact, buffers } = await queueOf('ZSTD');
    const own = buffers.take();
    queue.push(own);
    queue.push(buffers.take());
    expect(buffers.take().buffer).toBe(own.buffer);
    const bytes = await artifact();
    expect(await imageOf(bytes, 'ZSTD')).toHaveLength(2 * frameBytes);
    expect(bytes.length).toBeLessThan(200);
  });

  it('of zeros are written together, however many there are', async () => {
    const { queue, writer, artifact } = await queueOf('ZSTD');
    const write = vi.spyOn(writer, 'write');
    const count = 20_000;
    queue.pushZeros(count * frameBytes);
    await queue.finish();
    expect(queue.imageBytes).toBe(count * frameBytes);
    const lengths = write.mock.calls.map(([bytes]) => bytes.length);
    // Each is 64 KiB and a frame at most, but for the last.
    expect(lengths.length).toBe(Math.ceil(writer.writtenBytes / (64 * 1024)));
    expect(Math.max(...lengths)).toBeLessThan(65 * 1024);
    expect((await artifact()).length).toBeGreaterThan(0);
  });

  it('that wait are in memory up to a limit, and on the disk beyond', async () => {
    const { codec, release } = heldCodec();
    const { queue, spool, frame } = await queueOf('NONE', { codec, parallel: 1, waitingBytes: 2 * frameBytes });
    const push = (count: number) => Array.from({ length: count }, () => queue.push(frame().own));
    // One is being compressed, two wait.
    push(3);
    expect(spool.size).toBe(0);
    push(2);
    expect(spool.size).toBe(2 * frameBytes);
    release();
    await vi.waitFor(() => expect(queue.imageBytes).toBe(5 * frameBytes));
    // Memory and spool are free again.
    push(5);
    expect(spool.size).toBe(2 * frameBytes);
    await queue.finish();
    expect(queue.imageBytes).toBe(10 * frameBytes);
  });

  it('shorter than the others come back whole from the disk', async () => {
    const { codec, release } = heldCodec();
    const { queue, artifact, frame } = await queueOf('NONE', { codec, parallel: 1, waitingBytes: 0 });
    const contents = [frame(), frame(randomBytes(100)), frame(), frame(randomBytes(7))];
    for (const { own } of contents) queue.push(own);
    release();
    const expected = Buffer.concat(contents.map(({ content }) => content));
    expect(Buffer.compare(await artifact(), expected)).toBe(0);
  });

  it('are compressed as many at once as may be', async () => {
    const { codec, encoding, release } = heldCodec();
    const { queue, frame } = await queueOf('NONE', { codec, parallel: 3 });
    for (let count = 0; count < 9; count += 1) queue.push(frame().own);
    expect(encoding.most).toBe(3);
    release();
    await queue.finish();
    expect(encoding.most).toBe(3);
  });

  it('give their buffers back, however they waited', async () => {
    const { queue, buffers, frame } = await queueOf('ZSTD');
    const take = vi.spyOn(buffers, 'take');
    const giveBack = vi.spyOn(buffers, 'giveBack');
    for (let count = 0; count < 12; count += 1) queue.push(frame().own);
    queue.push(buffers.take());
    await queue.finish();
    expect(giveBack).toHaveBeenCalledTimes(take.mock.calls.length);
  });

  it.each(['compressing', 'writing'] as const)(
    'that %s failed for are over for whoever pushes and for the end',
    async (what) => {
      const failure = new Error('no');
      const { queue, codec, writer, frame } = await queueOf('NONE');
      if (what === 'compressing') vi.spyOn(codec, 'encode').mockRejectedValue(failure);
      else vi.spyOn(writer, 'write').mockRejectedValue(failure);
      queue.push(frame().own);
      await expect(queue.finish()).rejects.toBe(failure);
      expect(() => queue.push(frame().own)).toThrow(failure);
      expect(() => queue.pushZeros(1)).toThrow(failure);
      expect(() => queue.pushFixed(frame().own)).toThrow(failure);
      expect(() => queue.pushLate(1)).toThrow(failure);
    },
  );

  it('may be none', async () => {
    const { queue, writer } = await queueOf('ZSTD');
    queue.pushZeros(0);
    await queue.finish();
    expect([queue.imageBytes, writer.writtenBytes]).toEqual([0, 0]);
  });
});

it('a seekable file is made of frames only', () => {
  const codec = createCodec('ZSTD', frameBytes);
  onTestFinished(() => codec.close());
  expect(() => codec.append({ pieces: [5] })).toThrow(TypeError);
});

describe('uncompressed frames', () => {
  it('leave out zeros in steps of 16 KiB, and write the rest as it is', async () => {
    const step = 16 * 1024;
    const codec = createCodec('NONE', 8 * step);
    const data = randomBytes(step);
    const zeros = Buffer.alloc(step);
    const content = Buffer.concat([zeros, data, data, zeros, zeros, data, Buffer.alloc(100)]);
    const { pieces } = (await codec.encode(content)) as { pieces: readonly (Uint8Array | number)[] };
    expect(pieces.map((piece) => (typeof piece === 'number' ? piece : [piece.length]))).toEqual([
      step,
      [2 * step],
      2 * step,
      [step],
      100,
    ]);
    const plain = (await codec.encode(data)) as { pieces: readonly Uint8Array[] };
    expect(plain.pieces).toEqual([data]);
    const nothing = (await codec.encode(zeros)) as { pieces: readonly number[] };
    expect(nothing.pieces).toEqual([step]);
  });
});

it('a buffer is zero when it is taken again, and none is made while one is free', () => {
  const buffers = new FrameBuffers(8);
  const first = buffers.take().fill(7);
  buffers.giveBack(first.subarray(0, 3));
  const again = buffers.take();
  expect(again.buffer).toBe(first.buffer);
  expect([...again]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  // Neither the end of one nor something else becomes a buffer.
  buffers.giveBack(again.subarray(1));
  buffers.giveBack(new Uint8Array(9));
  expect(buffers.take().buffer).not.toBe(again.buffer);
  expect(buffers.take()).toHaveLength(8);
});
