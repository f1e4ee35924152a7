import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listeningPorts } from '../../src/heaps/process/process-facts.ts';
import { createProcessTargets } from '../../src/heaps/process/process-targets.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { startLeakingService } from '../fakes/leaking-service.ts';

const { signal } = new AbortController();
const olderNode = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => existsSync(path) && !execFileSync(path, ['--version']).toString().startsWith('v24.'),
);

async function read(content: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('the processes of this host', () => {
  it('are found by pid and by the name of their script, and told from what is not Node.js by the executable', async () => {
    const service = await startLeakingService({ name: `found-${process.pid}` });
    const targets = createProcessTargets();
    const target = await targets.find(String(service.pid), signal);
    expect(target).toMatchObject({ id: `process:${service.pid}`, nodeVersion: process.versions.node, obstacle: null });
    expect(await targets.find(`found-${process.pid}`, signal)).toEqual(target);
    const stranger = spawn('sleep', ['60']);
    onTestFinished(() => void stranger.kill('SIGKILL'));
    await expect(targets.find(String(stranger.pid), signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    expect((await targets.list(signal)).map(({ pid }) => pid)).not.toContain(stranger.pid);
    await expect(targets.find('4194304', signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('say what is in the way, and nothing is sent to them', async () => {
    const service = await startLeakingService({ flags: ['--disable-sigusr1'] });
    const targets = createProcessTargets();
    const target = await targets.find(String(service.pid), signal);
    expect(target.obstacle).toMatch(/--disable-sigusr1/);
    await expect(targets.wake(target, signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    expect(await service.say('3')).toBe('3');
  });
});

describe.each([
  ['this Node', process.execPath],
  ['the system’s older Node', olderNode],
])('a pair of %s', (_, executable) => {
  it.skipIf(executable === undefined)(
    'names the leaking class, its holder and the right count; the process lives on with its inspector closed',
    async () => {
      const service = await startLeakingService({ executable: executable as string });
      const { heaps, operations } = await openHeapWorld();
      await service.say('1000');
      const started = await heaps.capture({ target: String(service.pid), waitsSec: [0.5], service: 'shop' }, 'tester');
      // Grows while the operation waits.
      for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
        if (operation.phase === 'waiting') break;
      }
      await service.say('4321');
      const done = await operations.settled(started.id);
      expect(done.error).toBe(null);
      expect(done.result).toMatchObject({ comparedBy: 'IDENTITY', reason: null });
      const [session] = await heaps.sessions({ limit: 50 });
      expect(session).toMatchObject({ id: started.id, service: 'shop' });
      const [before, after] = session?.captures ?? [];
      const diff = await heaps.diff(before?.id ?? '', after?.id ?? '');
      expect(diff.classes.find(({ name }) => name === 'Session')).toMatchObject({
        beforeCount: 1000,
        afterCount: 5321,
        newCount: 4321,
        goneCount: 0,
        line: 2,
      });
      expect(diff.suspects[0]).toMatchObject({
        name: 'Session',
        count: 4321,
        holder: '`Map` in `SessionStore.sessions`',
      });
      expect(diff.suspects[0]?.sentence).toMatch(
        /^4,321 new `Session` objects, \+\S+ kB, held by `Map` in `SessionStore\.sessions`, \/.*leaky\.cjs:3$/,
      );
      const [store] = await heaps.objects(
        after?.id ?? '',
        diff.classes.find(({ name }) => name === 'SessionStore')?.key ?? '',
        5,
      );
      expect(await heaps.retainers(after?.id ?? '', store?.node ?? 0, 10)).not.toEqual([]);
      expect(await service.say('0')).toBe('5321');
      expect(await listeningPorts(service.pid)).toEqual([]);
      expect(JSON.parse(await read(heaps.content(after?.id ?? ''))).strings).toContain('Session');
    },
    60_000,
  );
});

describe('a capture', () => {
  it('keeps the first snapshot when the wait is cancelled, and closes the inspector', async () => {
    const service = await startLeakingService();
    const { heaps, operations } = await openHeapWorld();
    const started = await heaps.capture({ target: String(service.pid), waitsSec: [3600] }, 'tester');
    for await (const live of await operations.watchProgress({ ids: [started.id] })) {
      if (live.operation.phase !== 'waiting' || live.progress === null) continue;
      expect(live.progress).toMatchObject({ totalBytes: 3_600_000 });
      break;
    }
    await heaps.cancel(started.id, 'tester');
    expect(await operations.settled(started.id)).toMatchObject({ state: 'CANCELLED' });
    expect(await heaps.captures({ limit: 50 })).toMatchObject([{ id: `${started.id}-0`, index: 0 }]);
    expect(await listeningPorts(service.pid)).toEqual([]);
    expect(await service.say('1')).toBe('1');
  });

  it('is by class only when the process was replaced in between, and says why', async () => {
    const name = `replaced-${process.pid}`;
    const first = await startLeakingService({ name });
    const { heaps, operations } = await openHeapWorld();
    const started = await heaps.capture({ target: name, waitsSec: [1] }, 'tester');
    for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
      if (operation.phase === 'waiting') break;
    }
    first.process.kill('SIGKILL');
    const second = await startLeakingService({ name });
    await second.say('100');
    const done = await operations.settled(started.id);
    expect(done.result).toMatchObject({ comparedBy: 'CLASS', reason: 'the process was restarted in between' });
    const [before, after] = (await heaps.sessions({ limit: 50 }))[0]?.captures ?? [];
    expect((await heaps.diff(before?.id ?? '', after?.id ?? '')).comparedBy).toBe('CLASS');
  });

  it('leaves secrets behind when it is redacted, and still finds the leak', async () => {
    const service = await startLeakingService();
    await service.say('50');
    const { heaps, operations } = await openHeapWorld();
    const ids: string[] = [];
    for (const redact of [false, true]) {
      const started = await heaps.capture({ target: String(service.pid), redact }, 'tester');
      expect((await operations.settled(started.id)).error).toBe(null);
      ids.push(`${started.id}-0`);
    }
    const [plain, redacted] = await Promise.all(ids.map((id) => read(heaps.content(id))));
    expect(plain).toContain('secret-token-49');
    expect(redacted).not.toContain('secret-token');
    const { classes } = await heaps.summary(ids[1] as string);
    expect(classes.find(({ name }) => name === 'Session')).toMatchObject({ count: 50 });
  });

  it('takes the heap of a worker thread', async () => {
    const service = await startLeakingService();
    await service.say('worker');
    const { heaps, operations } = await openHeapWorld();
    const { threads, expectedStallMs, target } = await heaps.options(String(service.pid), signal);
    expect(threads).toHaveLength(1);
    expect(expectedStallMs).toBeGreaterThan(0);
    const started = await heaps.capture({ target: target.id, thread: threads[0]?.id ?? '' }, 'tester');
    expect((await operations.settled(started.id)).error).toBe(null);
    const { classes } = await heaps.summary(`${started.id}-0`);
    expect(classes.find(({ name }) => name === 'Job')).toMatchObject({ count: 500 });
    expect(classes.find(({ name }) => name === 'SessionStore')).toBe(undefined);
  });

  it('samples allocations without a snapshot', async () => {
    const service = await startLeakingService();
    const { heaps } = await openHeapWorld();
    const sampled = heaps.sample(String(service.pid), 1000, signal);
    const grow = setInterval(() => void service.say('20000'), 50);
    onTestFinished(() => clearInterval(grow));
    expect(JSON.stringify(await sampled)).toContain('leaky.cjs');
  });

  it('says that the file was stored before when it is uploaded again, and refuses what is no snapshot', async () => {
    const { heaps } = await openHeapWorld();
    const upload = (text: string, phase: 'before' | 'after') =>
      heaps.upload({ service: 'shop', container: 'abc', session: 's1', phase }, [Buffer.from(text)] as never, 'agent');
    await expect(upload('{"nodes":[]}', 'before')).rejects.toMatchObject({ code: 'SNAPSHOT_INVALID' });
    const { writeSnapshot } = await import('../formats/heap-snapshot/written-snapshot.ts');
    const text = writeSnapshot([{ edges: [{ to: 1 }] }, { name: 'Thing', size: 8 }]);
    const first = await upload(text, 'before');
    expect(await upload(text, 'before')).toEqual(first);
    expect((await upload(text, 'after')).sessionId).toBe(first.sessionId);
    expect(await heaps.captures({ limit: 50 })).toHaveLength(2);
  });
});
