import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { MemoirError, toErrorShape } from '../../src/domain/memoir-error.ts';
import { extractFile } from '../../src/dumps/artifact-file.ts';
import type { DumpFacts } from '../../src/dumps/manifest.ts';
import { CaptureSession } from '../../src/dumps/pipeline/capture-session.ts';
import type { CaptureJob, CaptureReport } from '../../src/dumps/pipeline/messages.ts';
import { directoryStoreModule } from '../../src/storage/directory/directory-store.ts';
import { type PlainSourceOptions, plainSourceModule } from '../fakes/plain-source.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const memoryBytes = 4 << 20;
const key = { folder: 'machine', file: 'one.elf.zst' };
const facts = { id: 'one', machineName: 'web-01' } as DumpFacts;
const cancelled = toErrorShape(new MemoirError('CANCELLED', 'not wanted any more'));

afterEach(() => void vi.useRealTimers());

/** A session on this thread, and what it says. */
function session(source: Partial<PlainSourceOptions> = {}, changes: Partial<CaptureJob> = {}) {
  const folder = temporaryFolder();
  const reports: CaptureReport[] = [];
  const capture = new CaptureSession((report) => reports.push(report));
  const job: CaptureJob = {
    source: { module: plainSourceModule, options: { memoryBytes, fill: 7, ...source } },
    store: { module: directoryStoreModule, options: { folder: join(folder, 'dumps'), reserveBytes: 0 } },
    key,
    expectedBytes: memoryBytes,
    format: 'RAW',
    compression: 'ZSTD',
    spoolFolder: join(folder, 'spool'),
    spoolBytes: 1 << 30,
    ...changes,
  };
  const said = (type: CaptureReport['type']) =>
    vi.waitFor(() => expect(reports.map((each) => each.type)).toContain(type));
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  const steps = () => reports.map(({ type }) => type).filter((type) => type !== 'PROGRESS');
  return { folder, capture, job, reports, said, files, steps };
}

it.each([
  ['bytes', 7],
  ['zeros', 0],
])('a capture of %s is ready, drained and committed, with the manifest that was told it', async (_, fill) => {
  const { folder, capture, job, reports, steps, files } = session({ fill }, { imageDigest: true });
  capture.take({ type: 'OPEN', job });
  // The server's side may be over first.
  capture.take({ type: 'FINISH', facts, elapsedMs: 5_000 });
  await capture.ended;
  expect(steps()).toEqual(['READY', 'DRAINED', 'COMMITTED']);
  const { manifest } = reports.at(-1) as Extract<CaptureReport, { type: 'COMMITTED' }>;
  const digest = createHash('sha256').update(Buffer.alloc(memoryBytes, fill)).digest('hex');
  expect(manifest).toMatchObject({ id: 'one', machineName: 'web-01', rawSizeBytes: memoryBytes, imageSha256: digest });
  expect(manifest.durationSec).toBeGreaterThanOrEqual(5);
  expect(manifest.durationSec).toBeLessThan(1000);
  expect(files().sort()).toEqual([key.file, `${key.file}.json`]);
  const path = join(folder, 'dumps/machine', key.file);
  expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toEqual(manifest);
  const { signal } = new AbortController();
  expect(await extractFile(path, join(folder, 'image'), () => undefined, signal)).toMatchObject({ expected: digest });
});

it('a capture is not committed before the server’s side ended well', async () => {
  const { capture, job, said, steps, files } = session();
  capture.take({ type: 'OPEN', job });
  await said('DRAINED');
  expect(files()).toEqual([expect.stringMatching(/^\.one.*partial$/)]);
  capture.take({ type: 'ABORT', error: cancelled });
  await capture.ended;
  expect(steps()).toEqual(['READY', 'DRAINED', 'FAILED']);
  expect(files()).toEqual([]);
});

it('a capture says how far it is, and the same only once', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { capture, job, reports, said, files } = session({ hangAfterBytes: 1 << 20 });
  capture.take({ type: 'OPEN', job });
  await said('READY');
  await vi.waitFor(() => {
    vi.advanceTimersByTime(50);
    expect(reports.at(-1)).toMatchObject({
      type: 'PROGRESS',
      progress: { receivedBytes: 1 << 20, totalBytes: memoryBytes },
    });
  });
  const { length } = await vi.waitFor(() => {
    const before = reports.length;
    vi.advanceTimersByTime(500);
    expect(reports).toHaveLength(before);
    return reports;
  });
  vi.advanceTimersByTime(10_000);
  expect(reports).toHaveLength(length);
  capture.take({ type: 'ABORT', error: cancelled });
  await capture.ended;
  expect(reports.at(-1)).toMatchObject({ type: 'FAILED', error: { code: 'CANCELLED' } });
  expect(vi.getTimerCount()).toBe(0);
  expect(files()).toEqual([]);
});

it('a capture that was given up before it was asked to open makes nothing, and says so once', async () => {
  const { capture, job, reports, files } = session();
  capture.take({ type: 'ABORT', error: cancelled });
  capture.take({ type: 'OPEN', job });
  await capture.ended;
  expect(reports).toMatchObject([{ type: 'FAILED', error: { code: 'CANCELLED' } }]);
  expect(files()).toEqual([]);
});

it.each([
  ['its source', { source: { module: new URL('./missing.ts', import.meta.url).href, options: {} } }],
  ['room', { expectedBytes: 1e18 }],
  ['a spool', { spoolFolder: '/dev/null/spool' }],
])('a capture without %s fails, and leaves nothing', async (_, changes) => {
  const { capture, job, reports, steps, files } = session({}, changes);
  capture.take({ type: 'OPEN', job });
  await capture.ended;
  expect(steps()).toEqual(['FAILED']);
  expect(reports).toHaveLength(1);
  expect(files()).toEqual([]);
});
