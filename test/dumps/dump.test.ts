import { execFileSync } from 'node:child_process';
import { open, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { DumpResult } from '../../src/dumps/dump-request.ts';
import type { Manifest } from '../../src/dumps/manifest.ts';
import type { Operation } from '../../src/operations/operation.ts';
import { startDumpWorld } from '../fakes/dump-world.ts';
import { lacks } from '../system.ts';

const resultOf = (operation: Operation) => operation.result as unknown as DumpResult;
const sha256sum = (path: string) => execFileSync('sha256sum', [path]).toString().split(' ')[0];

describe('a dump', () => {
  it('is an artifact, a manifest and a record that agree with each other and with sha256sum', async () => {
    const world = await startDumpWorld();
    const operation = await world.dump('web-01');
    expect(operation).toMatchObject({ state: 'COMPLETED', phase: 'finishing', error: null });
    const result = resultOf(operation);
    expect(result.method).toBe('SNAPSHOT');
    expect(result.sha256).toBe(sha256sum(result.dumpPath));
    expect((await stat(result.dumpPath)).size).toBe(result.sizeBytes);
    expect((await stat(result.dumpPath)).mode & 0o777).toBe(0o600);
    const [record] = await world.records.get([operation.id]);
    expect(record).toMatchObject({
      sha256: result.sha256,
      sizeBytes: result.sizeBytes,
      dom: 'web-01',
      state: 'AVAILABLE',
      demo: true,
    });
    const manifest = (await world.store.manifest(result)) as unknown as Manifest;
    expect(manifest).toMatchObject({ id: operation.id, sha256: result.sha256, machineName: 'web-01', version: 1 });
    expect(world.complaints).toEqual([]);
    // The name is made of ids and a time: nothing of what people call the machine.
    expect(result.dumpPath).not.toContain('web');
    expect(result.file).toMatch(new RegExp(`^\\d{8}T\\d{6}Z_${operation.id}\\.elf\\.zst$`));
  });

  it.skipIf(lacks('zstd', 'readelf'))(
    'opens with the field’s own tools, in every form',
    async () => {
      const world = await startDumpWorld();
      const images: Record<string, Buffer> = {};
      world.hypervisor.controls.pause('web-01');
      for (const format of ['ELF', 'RAW'] as const) {
        for (const compression of ['ZSTD', 'GZIP', 'NONE'] as const) {
          const { dumpPath, rawSizeBytes, sha256 } = resultOf(await world.dump('web-01', { format, compression }));
          expect(sha256sum(dumpPath)).toBe(sha256);
          if (compression === 'ZSTD') execFileSync('zstd', ['-tq', dumpPath]);
          if (compression === 'GZIP') execFileSync('gzip', ['-t', dumpPath]);
          const tool = { ZSTD: ['zstd', '-dcq'], GZIP: ['gzip', '-dc'], NONE: ['cat'] }[compression];
          const image = execFileSync(tool[0]!, [...tool.slice(1), dumpPath], { maxBuffer: 1 << 30 });
          expect(image.length).toBe(rawSizeBytes);
          // A paused machine's memory stands still, so every form holds the same bytes.
          images[format] ??= image;
          if (format === 'RAW') expect(image.equals(images[format]!)).toBe(true);
          if (format === 'ELF') {
            execFileSync('sh', ['-c', 'cat > "$0"', `${world.store.location}/check.elf`], { input: image });
            const headers = execFileSync('readelf', ['-lW', `${world.store.location}/check.elf`]).toString();
            expect(headers).toMatch(/CORE \(Core file\)/);
            expect(headers.match(/^\s+LOAD/gm)?.length).toBeGreaterThanOrEqual(2);
          }
        }
      }
    },
    240_000,
  );

  it('leaves holes where the memory is zero, when it is not compressed', async () => {
    const world = await startDumpWorld();
    const { dumpPath, rawSizeBytes } = resultOf(await world.dump('web-01', { format: 'RAW', compression: 'NONE' }));
    const { size, blocks } = await stat(dumpPath);
    expect(size).toBe(rawSizeBytes);
    expect(blocks * 512).toBeLessThan(size * 0.9);
  });

  it.each([
    ['the stream breaks', { type: 'FAIL', atByte: 8 << 20, code: 'STREAM_INVALID' }, 'STREAM_INVALID'],
    ['the machine ends', { type: 'GUEST_GONE', atByte: 8 << 20 }, 'GUEST_GONE'],
    ['the hypervisor fails after the last byte', { type: 'CONTROL_FAILS', code: 'CAPTURE_FAILED' }, 'CAPTURE_FAILED'],
    ['the source does not open', { type: 'REFUSE_OPEN', code: 'HYPERVISOR_REFUSED' }, 'HYPERVISOR_REFUSED'],
  ] as const)('is FAILED and leaves nothing when %s', async (_, behaviour, code) => {
    const world = await startDumpWorld();
    world.hypervisor.controls.behave('web-01', behaviour);
    expect(await world.dump('web-01')).toMatchObject({ state: 'FAILED', error: { code }, result: null });
    expect(world.files()).toEqual([]);
    expect(await world.records.count({})).toMatchObject({ total: 0 });
    world.hypervisor.controls.behave('web-01', null);
    if (code === 'GUEST_GONE') world.hypervisor.controls.start('web-01');
    expect(await world.dump('web-01')).toMatchObject({ state: 'COMPLETED' });
  });

  it('is ended when no byte moves', async () => {
    const world = await startDumpWorld({ stallTimeoutMs: 300 });
    world.hypervisor.controls.behave('web-01', { type: 'HANG', atByte: 4 << 20 });
    expect(await world.dump('web-01')).toMatchObject({ state: 'FAILED', error: { code: 'STALLED' } });
    expect(world.files()).toEqual([]);
  });

  it('can be cancelled while it captures, and leaves nothing', async () => {
    const world = await startDumpWorld({ speedBytesPerSec: 3 << 20 });
    const { accepted } = await world.trigger(['web-01']);
    const id = accepted[0]!.id;
    for await (const { progress } of await world.operations.watchProgress({ ids: [id] })) if (progress !== null) break;
    await world.dumps.cancel(id, 'ann');
    expect(await world.operations.settled(id)).toMatchObject({ state: 'CANCELLED', error: { code: 'CANCELLED' } });
    expect(world.files()).toEqual([]);
    expect((await world.hypervisor.find('web-01'))?.state).toBe('RUNNING');
  });

  it('needs room: NO_SPACE before anything begins', async () => {
    const world = await startDumpWorld({ reserveBytes: 1e18 });
    expect(await world.trigger(['web-01'])).toMatchObject({
      accepted: [],
      rejected: [{ vm: 'web-01', error: { code: 'NO_SPACE', message: expect.stringContaining('kept for others') } }],
    });
    // A request that may be a repeated one is answered by what was made of the first.
    const repeatable = await world.dump('web-01', { idempotencyKey: 'one' });
    expect(repeatable).toMatchObject({ state: 'FAILED', error: { code: 'NO_SPACE' } });
    expect(world.files()).toEqual([]);
  });

  it('needs room for what may wait on the disk meanwhile, and says so beforehand', async () => {
    const roomy = await startDumpWorld();
    const { freeBytes, memoryBytes, expectedSizeBytes } = await roomy.dumps.forecast('web-01');
    // Room for the artifact, and not for the spool beside it.
    const world = await startDumpWorld({ reserveBytes: freeBytes - expectedSizeBytes - memoryBytes / 2 });
    expect(await world.dumps.forecast('web-01')).toMatchObject({ enoughSpace: false });
    expect((await world.trigger(['web-01'])).rejected).toMatchObject([{ error: { code: 'NO_SPACE' } }]);
  });
});

it('a dump needs room for what its source reserves too', async () => {
  const world = await startDumpWorld();
  const plan = world.hypervisor.plan.bind(world.hypervisor);
  world.hypervisor.plan = async (...args) => ({ ...(await plan(...args)), reservedBytes: 1e18 });
  expect(await world.dump('web-01')).toMatchObject({ state: 'FAILED', error: { code: 'NO_SPACE' } });
  expect(world.files()).toEqual([]);
});

describe('the digest of an image', () => {
  it.each(['ZSTD', 'GZIP', 'NONE'] as const)(
    'is taken at the capture on request, and else by a verification: %s',
    async (compression) => {
      const world = await startDumpWorld();
      world.hypervisor.controls.pause('web-01');
      const asked = await world.dump('web-01', { compression, imageDigest: true });
      const { imageSha256 } = resultOf(asked);
      expect(imageSha256).toMatch(/^[0-9a-f]{64}$/);
      expect((await world.records.get([asked.id]))[0]).toMatchObject({ imageSha256 });
      const plain = await world.dump('web-01', { compression });
      expect(resultOf(plain).imageSha256).toBeNull();
      for (const dump of [asked, plain]) {
        const verification = await world.dumps.verify(dump.id, 'ann');
        expect(await world.operations.settled(verification.id)).toMatchObject({ result: { intact: true } });
      }
      const [first, second] = await world.records.get([asked.id, plain.id]);
      expect(first).toMatchObject({ imageSha256 });
      // The machine stands still; what differs is in the header.
      expect(second?.imageSha256).toMatch(/^[0-9a-f]{64}$/);
    },
  );
});

describe('the front door', () => {
  it('answers every machine of a batch on its own', async () => {
    const world = await startDumpWorld({ speedBytesPerSec: 3 << 20 });
    const machines = await world.hypervisor.list();
    const off = machines.find(({ state }) => state === 'SHUT_OFF')!;
    const web = machines.find(({ name }) => name === 'web-01')!;
    const { accepted, rejected } = await world.trigger(['web-01', 'nobody', off.name, web.id, 'db-01']);
    expect(accepted.map(({ subject }) => subject)).toHaveLength(2);
    expect(rejected.map(({ vm, error }) => [vm, error.code])).toEqual([
      ['nobody', 'NOT_FOUND'],
      [off.name, 'NOT_RUNNING'],
    ]);
    const again = await world.trigger(['web-01']);
    expect(again).toMatchObject({
      accepted: [],
      rejected: [{ vm: 'web-01', error: { code: 'ALREADY_ACTIVE' }, active: { id: accepted[0]!.id } }],
    });
  });

  it('lets one of fifty simultaneous triggers for a machine through', async () => {
    const world = await startDumpWorld({ speedBytesPerSec: 3 << 20 });
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => world.trigger(['web-01'])));
    expect(outcomes.flatMap(({ accepted }) => accepted)).toHaveLength(1);
    const codes = outcomes.flatMap(({ rejected }) => rejected.map(({ error }) => error.code));
    expect(codes).toEqual(Array.from({ length: 49 }, () => 'ALREADY_ACTIVE'));
  });

  it('gives the same dumps for the same idempotency key', async () => {
    const world = await startDumpWorld();
    const first = await world.trigger(['web-01', 'db-01'], { idempotencyKey: 'night' });
    await Promise.all(first.accepted.map(({ id }) => world.operations.settled(id)));
    const again = await world.trigger(['db-01', 'web-01'], { idempotencyKey: 'night' });
    expect(again.accepted.map(({ id }) => id).sort()).toEqual(first.accepted.map(({ id }) => id).sort());
    await expect(world.trigger(['web-01'], { idempotencyKey: 'night' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
    });
    expect(await world.records.count({})).toMatchObject({ total: 2 });
  });

  it('names the machines of a repeated trigger by what they are, whatever the order is now', async () => {
    const world = await startDumpWorld();
    const [running] = (await world.trigger(['web-01'])).accepted;
    const first = await world.trigger(['web-01', 'db-01'], { idempotencyKey: 'night' });
    expect(first.rejected).toMatchObject([{ vm: 'web-01', active: { id: running!.id } }]);
    const again = await world.trigger(['db-01', 'web-01'], { idempotencyKey: 'night' });
    expect(again.rejected).toMatchObject([{ vm: 'web-01', active: { id: running!.id } }]);
    expect(again.rejected[0]!.error.message).toContain('"web-01"');
  });

  it('takes as long for its operation as for its record', async () => {
    const world = await startDumpWorld();
    const { id, durationMs } = await world.dump('web-01');
    const [record] = await world.records.get([id]);
    expect(durationMs).toBe(record!.durationSec * 1000);
  });

  it('refuses input that makes no sense, and changes nothing', async () => {
    const world = await startDumpWorld();
    const bad = { code: 'BAD_INPUT' };
    await expect(world.trigger([])).rejects.toMatchObject(bad);
    await expect(world.trigger(Array.from({ length: 10_000 }, (_, index) => `vm-${index}`))).rejects.toMatchObject(bad);
    await expect(world.trigger(['web-01'], { all: true })).rejects.toMatchObject(bad);
    await expect(world.trigger(['x'.repeat(600)])).rejects.toMatchObject(bad);
    await expect(world.trigger(['web-01'], { idempotencyKey: '' })).rejects.toMatchObject(bad);
    expect((await world.operations.bounds()).last).toBe(0);
  });

  it('dumps all that run', async () => {
    const world = await startDumpWorld();
    const running = (await world.hypervisor.list()).filter(({ state }) => state === 'RUNNING');
    const input = { all: true, method: 'AUTO', format: 'ELF', compression: 'ZSTD' } as const;
    const { accepted, rejected } = await world.dumps.trigger(input, 'tester');
    expect(accepted).toHaveLength(running.length);
    expect(rejected).toEqual([]);
    for (const { id } of accepted) await world.operations.cancel(id, 'tester').catch(() => undefined);
  });
});

describe('an artifact', () => {
  it('is verified: intact, or damaged in a frame that is named', async () => {
    const world = await startDumpWorld();
    const operation = await world.dump('web-01');
    const verify = async () => world.operations.settled((await world.dumps.verify(operation.id, 'ann')).id);
    expect(await verify()).toMatchObject({ state: 'COMPLETED', result: { intact: true, damage: null } });

    const { dumpPath, sizeBytes } = resultOf(operation);
    const file = await open(dumpPath, 'r+');
    await file.write(Buffer.from([(await readFile(dumpPath))[sizeBytes >> 1]! ^ 1]), 0, 1, sizeBytes >> 1);
    await file.close();
    const found = await verify();
    expect(found).toMatchObject({ state: 'COMPLETED', result: { intact: false } });
    expect(found.message).toMatch(/frame \d+ at byte \d+/);
    expect(await world.records.get([operation.id])).toMatchObject([{ state: 'DAMAGED' }]);
  });

  it('is deleted with its manifest; the record stays and says so', async () => {
    const world = await startDumpWorld();
    const { id } = await world.dump('web-01');
    await world.dumps.remove(id, 'ann');
    expect(world.files()).toEqual([]);
    expect(await world.records.get([id])).toMatchObject([{ state: 'DELETED' }]);
    await expect(world.dumps.verify(id, 'ann')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
    await expect(world.dumps.remove(id, 'ann')).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
    await expect(world.dumps.remove('nobody', 'ann')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
