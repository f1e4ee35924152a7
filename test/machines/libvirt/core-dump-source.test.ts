import { existsSync, openSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { openSource } from '../../../src/machines/libvirt/core-dump/core-dump-source.ts';
import { privatePlace } from '../../../src/machines/libvirt/meeting-place.ts';
import { MemoryRecorder } from '../../fakes/in-process-reader.ts';
import { openFifo } from '../../fakes/libvirt/fake-core-dump.ts';
import { GuestMemory } from '../../fakes/libvirt/guest-memory.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const limit = { timeout: 12_000 };
const unaborted = new AbortController().signal;
const nowhere = () => new MemoryRecorder(null, () => undefined);

async function opened() {
  const place = privatePlace('memory.fifo', [temporaryFolder()]);
  return { place, source: await openSource({ place }) };
}

it('a core that is written into its FIFO is read whole, with a count of its bytes', limit, async () => {
  const { place, source } = await opened();
  expect([statSync(place.folder), statSync(place.path)].map(({ mode }) => (mode & 0o777).toString(8))).toEqual([
    '700',
    '600',
  ]);
  const memory = new GuestMemory({ pages: 64 });
  const core = memory.core();
  const recorder = new MemoryRecorder(memory.ram.length, () => undefined);
  const reading = source.read(recorder, unaborted);
  openFifo(place.path).end(core);
  expect(await reading).toMatchObject({ machine: 'x86_64', warnings: [] });
  expect(recorder).toMatchObject({ complaints: [], missingPages: 0, receivedBytes: core.length });
  expect(recorder.image?.equals(memory.ram)).toBe(true);
  await source.close();
  expect(existsSync(place.folder)).toBe(false);
});

it('one that ends without a byte is told apart from one that is broken', limit, async () => {
  const empty = await opened();
  const reading = empty.source.read(nowhere(), unaborted);
  openFifo(empty.place.path).end();
  await expect(reading).rejects.toMatchObject({ code: 'CAPTURE_FAILED', details: { fault: 'EMPTY' } });
  await empty.source.close();
  for (const bytes of [Buffer.from('no core at all'), new GuestMemory({ pages: 4 }).core().subarray(0, -1)]) {
    const { source, place } = await opened();
    const broken = source.read(nowhere(), unaborted);
    openFifo(place.path).end(bytes);
    await expect(broken).rejects.toMatchObject({
      code: 'STREAM_INVALID',
      message: expect.stringContaining('the core dump: '),
    });
    await source.close();
  }
});

it(
  'reading ends with the signal’s reason, or because the source was closed; its writer is let go either way',
  limit,
  async () => {
    const reason = new MemoirError('CANCELLED', 'enough');
    for (const end of ['abort', 'close']) {
      const { place, source } = await opened();
      const writer: Socket = openFifo(place.path);
      writer.on('error', () => undefined);
      const controller = new AbortController();
      const reading = source.read(nowhere(), controller.signal);
      reading.catch(() => undefined);
      if (end === 'abort') controller.abort(reason);
      else await source.close();
      if (end === 'abort') await expect(reading).rejects.toBe(reason);
      else await expect(reading).rejects.toThrow('closed before its end');
      const gone = new Promise((done) => writer.once('close', done));
      writer.write(new GuestMemory({ pages: 4 }).core());
      await gone;
      await source.close();
    }
  },
);

it('a FIFO that cannot be made leaves nothing, and a folder of somebody else’s is not used', limit, async () => {
  const long = privatePlace('x'.repeat(300), [temporaryFolder()]);
  const nowhereAtAll = { folder: '/nonexistent/memoir', path: '/nonexistent/memoir/memory.fifo' };
  for (const place of [long, nowhereAtAll])
    await expect(openSource({ place })).rejects.toMatchObject({
      code: 'CAPTURE_FAILED',
      message: expect.stringContaining('no FIFO can be made'),
    });
  expect(existsSync(long.folder)).toBe(false);
  const { place: taken, source } = await opened();
  await expect(openSource({ place: { ...taken, path: `${taken.path}2` } })).rejects.toMatchObject({
    code: 'CAPTURE_FAILED',
  });
  await source.close();
  expect(() => openSync(taken.path, 'r')).toThrow('ENOENT');
});
