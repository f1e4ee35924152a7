import { randomBytes } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { type Codec, createCodec } from '../../src/dumps/pipeline/codec.ts';
import { FrameQueue } from '../../src/dumps/pipeline/frame-queue.ts';
import { Spool } from '../../src/dumps/pipeline/spool.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const frameBytes = 512 * 1024;

/** Contents that stay long, become short and become tiny when they are compressed, in turn: each takes another way. */
function content(number: number): Uint8Array {
  if (number % 3 === 0) return randomBytes(frameBytes);
  const bytes = Buffer.alloc(frameBytes, `line ${number}\n`);
  if (number % 3 === 1) randomBytes(40_000).copy(bytes, 1000);
  return bytes;
}

it('what was pushed comes out in order and unchanged, though buffers, output and spool are used again and again', async () => {
  const spool = await Spool.open(temporaryFolder(), frameBytes, 1 << 30);
  const zstd = createCodec('ZSTD', frameBytes);
  // What is given back is gone in that moment.
  const codec: Codec = {
    ...zstd,
    async encode(bytes) {
      const encoded = await zstd.encode(bytes);
      if (!('frame' in encoded)) throw new TypeError('zstd makes frames');
      const memory = new Uint8Array(encoded.frame.bytes);
      encoded.frame.giveBack?.();
      return { frame: { ...encoded.frame, bytes: memory, giveBack: () => void memory.buffer.transfer(0) } };
    },
  };
  onTestFinished(async () => {
    codec.close();
    await spool.close();
  });
  const written: Buffer[] = [];
  const spares: Uint8Array[] = [];
  const later = () => new Promise<void>((resolve) => void setTimeout(resolve, Math.random() * 3));
  const queue = new FrameQueue({
    codec,
    writer: {
      writtenBytes: 0,
      // As a disk does: the bytes are looked at some time after the call.
      async write(bytes: Uint8Array) {
        await later();
        written.push(Buffer.from(bytes));
      },
    } as never,
    spool,
    parallel: 4,
    waitingBytes: 2 * frameBytes,
    buffers: {
      frameBytes,
      take: () => spares.pop() ?? new Uint8Array(frameBytes),
      // Whoever still reads it reads something else.
      giveBack: (buffer: Uint8Array) => void spares.push(buffer.fill(0xee)),
    } as never,
  });
  const pushed: Uint8Array[] = [];
  for (let number = 0; number < 90; number += 1) {
    if (number % 5 === 4) {
      pushed.push(new Uint8Array(frameBytes));
      queue.pushZeros(frameBytes);
    } else {
      const bytes = content(number);
      pushed.push(bytes);
      const own = spares.pop() ?? new Uint8Array(frameBytes);
      own.set(bytes);
      queue.push(own);
    }
    // Faster than the disk, so that most of it is spooled; slower now and then, so that places in the spool are used again.
    if (number % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await queue.finish();
  const image = zstdDecompressSync(Buffer.concat(written));
  expect(image.length).toBe(90 * frameBytes);
  for (const [number, bytes] of pushed.entries()) {
    const found = image.subarray(number * frameBytes, (number + 1) * frameBytes);
    expect(Buffer.compare(found, bytes), `frame ${number}`).toBe(0);
  }
  expect(spool.size).toBeGreaterThan(0);
  expect(spool.size).toBeLessThan(72 * frameBytes);
});
