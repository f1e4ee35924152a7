import { readlink } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHeapSession } from '../../src/heaps/heap-session.ts';
import type { HeapTargets, TargetFilter } from '../../src/heaps/heap-target.ts';
import { allProcesses, listeningPorts } from '../../src/heaps/process/process-facts.ts';
import { openHeapWorld } from '../fakes/heap-world.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A service as `test/fakes/leaking-service.ts` has it, somewhere. */
export interface ServiceOfBench {
  /** As `find` takes it. */
  readonly reference: string;
  /** As this machine counts. */
  readonly pid: number;
  readonly filter: TargetFilter;
  say(line: string): Promise<string>;
  /** Resolves when it is gone. */
  kill(): Promise<void>;
  /** Files that were written where it runs. */
  written(): Promise<readonly string[]>;
}

export interface HeapTargetsBench {
  readonly targets: HeapTargets;
  readonly nobody: string;
  /** By which a server reaches the same place. */
  readonly environment: Record<string, string>;
  start(name: string, flags?: readonly string[]): Promise<ServiceOfBench>;
  close(): Promise<void>;
}

/** What can be seen of a service from outside: its open inspector, programs beside it, files. */
async function traces(service: ServiceOfBench) {
  const namespaceOf = (pid: number | 'self') => readlink(`/proc/${pid}/ns/pid`).catch(() => null);
  const [own, theirs] = [await namespaceOf('self'), await namespaceOf(service.pid)];
  let beside = 0;
  if (own !== theirs) for (const pid of await allProcesses()) if ((await namespaceOf(pid)) === theirs) beside++;
  const written = await service.written();
  return { inspector: await listeningPorts(service.pid), beside, written: [...written] };
}

const captureDocument = `mutation ($input: CaptureHeapInput!) { captureHeap(input: $input) { operation { id } errors { message } } }`;
const operationDocument = 'query ($id: ID!) { operation(id: $id) { state phase error { code } } }';

/** What every place with Node.js processes does. */
export function heapTargetsSuite(name: string, open: () => Promise<HeapTargetsBench>): void {
  describe(`targets of heap captures: ${name}`, () => {
    const { signal } = new AbortController();
    let bench: HeapTargetsBench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(async () => {
      await bench?.targets.close();
      await bench?.targets.close();
      await bench?.close();
    });

    it('are listed and found, by what people call them and by their id, and are NOT_FOUND when they are not there', async () => {
      const { targets, nobody } = bench;
      const service = await bench.start('found');
      const target = await targets.find(service.reference, signal);
      expect(target).toMatchObject({ kind: targets.kind, obstacle: null, nodeVersion: process.versions.node });
      expect(target.id).toMatch(new RegExp(`^${targets.kind}:.*:?${target.pid}$`));
      expect(target.command).toMatch(/^node .*leaky\S*\.cjs$|^node found\.cjs$/);
      expect(await targets.find(target.id, signal)).toEqual(target);
      expect(await targets.list(signal, service.filter)).toContainEqual(target);
      await expect(targets.find(nobody, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await service.kill();
      await expect(targets.find(target.id, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(targets.wake(target, signal)).rejects.toMatchObject({ code: 'TARGET_GONE' });
    });

    it('have their inspector woken, and put to sleep again with the session; nothing else is left (H5, H6)', async () => {
      const { targets } = bench;
      const service = await bench.start('woken');
      const before = await traces(service);
      expect(before.inspector).toEqual([]);
      const target = await targets.find(service.reference, signal);
      const identities: string[] = [];
      for (const _ of [1, 2]) {
        const inspector = await targets.wake(target, signal);
        expect(inspector.woken).toBe(true);
        const session = await openHeapSession(inspector, signal);
        identities.push(session.identity);
        expect((await session.memory(signal)).usedHeapBytes).toBeGreaterThan(1e6);
        expect((await traces(service)).inspector).toHaveLength(1);
        await session.close();
        await session.close();
      }
      expect(identities[0]).toBe(identities[1]);
      expect(await service.say('3')).toBe('3');
      await expect.poll(() => traces(service), { timeout: 20_000 }).toEqual(before);
    });

    it('keep an inspector open that was open before', async () => {
      const { targets } = bench;
      const service = await bench.start('open', ['--inspect=127.0.0.1:0']);
      const before = await traces(service);
      expect(before.inspector).toHaveLength(1);
      const inspector = await targets.wake(await targets.find(service.reference, signal), signal);
      expect(inspector.woken).toBe(false);
      const session = await openHeapSession(inspector, signal);
      await session.memory(signal);
      await session.close();
      await expect.poll(() => traces(service), { timeout: 20_000 }).toEqual(before);
    });

    it('say what is in the way, and are sent nothing', async () => {
      const { targets } = bench;
      const service = await bench.start('asleep', ['--disable-sigusr1']);
      const target = await targets.find(service.reference, signal);
      expect(target.obstacle).toMatch(/--disable-sigusr1/);
      await expect(targets.wake(target, signal)).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
      expect(await service.say('3')).toBe('3');
    });

    it('do nothing for a caller who has left', async () => {
      const { targets } = bench;
      const service = await bench.start('left');
      const target = await targets.find(service.reference, signal);
      const gone = AbortSignal.abort(new Error('left'));
      await expect(targets.list(gone, service.filter)).rejects.toThrow('left');
      await expect(targets.wake(target, gone)).rejects.toThrow('left');
      expect((await traces(service)).inspector).toEqual([]);
    });

    it('give a pair that names the leaking class, its holder and the right count', async () => {
      const service = await bench.start('paired');
      const before = await traces(service);
      const { heaps, operations } = await openHeapWorld({ targets: bench.targets });
      await service.say('500');
      const started = await heaps.capture({ target: service.reference, waitsSec: [0.2] }, 'tester');
      for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
        if (operation.phase === 'waiting') break;
      }
      await service.say('1234');
      const done = await operations.settled(started.id);
      expect(done.error).toBe(null);
      const [session] = await heaps.sessions({ limit: 50 });
      const [first, last] = session?.captures ?? [];
      const diff = await heaps.diff(first?.id ?? '', last?.id ?? '');
      expect(diff.comparedBy).toBe('IDENTITY');
      const suspect = { name: 'Session', count: 1234, holder: '`Map` in `SessionStore.sessions`' };
      expect(diff.suspects[0]).toMatchObject(suspect);
      expect(await service.say('0')).toBe('1734');
      await expect.poll(() => traces(service), { timeout: 20_000 }).toEqual(before);
    });

    it('give the heap of a worker thread', async () => {
      const service = await bench.start('threads');
      await service.say('worker');
      const { heaps, operations } = await openHeapWorld({ targets: bench.targets });
      const { threads, target } = await heaps.options(service.reference, signal);
      expect(threads).toHaveLength(1);
      const started = await heaps.capture({ target: target.id, thread: threads[0]?.id ?? '' }, 'tester');
      expect((await operations.settled(started.id)).error).toBe(null);
      const { classes } = await heaps.summary(`${started.id}-0`);
      expect(classes.find(({ name }) => name === 'Job')).toMatchObject({ count: 500 });
      expect(classes.find(({ name }) => name === 'SessionStore')).toBe(undefined);
    });

    it('are put right when a capture is cancelled while it waits', async () => {
      const service = await bench.start('cancelled');
      const before = await traces(service);
      const { heaps, operations } = await openHeapWorld({ targets: bench.targets });
      const started = await heaps.capture({ target: service.reference, waitsSec: [3600] }, 'tester');
      for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
        if (operation.phase === 'waiting') break;
      }
      await heaps.cancel(started.id, 'tester');
      expect(await operations.settled(started.id)).toMatchObject({ state: 'CANCELLED' });
      expect(await heaps.captures({ limit: 50 })).toHaveLength(1);
      await expect.poll(() => traces(service), { timeout: 20_000 }).toEqual(before);
      expect(await service.say('1')).toBe('1');
    });

    it('are put right when the server is killed with kill -9 in the middle of a pair, which keeps its first snapshot', async () => {
      const service = await bench.start('orphaned');
      const before = await traces(service);
      const folder = temporaryFolder();
      const server = await startServer(folder, bench.environment);
      const input = { target: service.reference, waitsSec: [3600] };
      const { captureHeap } = await server.query(captureDocument, { input });
      const { id } = captureHeap.operation;
      const seen = async (from: ServerProcess) => (await from.query(operationDocument, { id })).operation;
      await expect.poll(async () => (await seen(server)).phase, { timeout: 60_000 }).toBe('waiting');
      expect((await traces(service)).inspector).toHaveLength(1);
      await server.end('SIGKILL');
      await expect.poll(() => traces(service), { timeout: 60_000, interval: 500 }).toEqual(before);
      expect(await service.say('5')).toBe('5');
      const next = await startServer(folder, bench.environment);
      expect(await seen(next)).toMatchObject({ state: 'FAILED', error: { code: 'INTERRUPTED' } });
      const { heapPairs } = await next.query('{ heapPairs { id captures { id } } }');
      expect(heapPairs).toEqual([{ id, captures: [{ id: `${id}-0` }] }]);
      await next.end('SIGTERM');
    }, 180_000);

    it('that end while they wait are told, and what was captured stays', async () => {
      const service = await bench.start('ended');
      const { heaps, operations } = await openHeapWorld({ targets: bench.targets });
      const started = await heaps.capture({ target: service.reference, waitsSec: [0.5] }, 'tester');
      for await (const { operation } of await operations.watchProgress({ ids: [started.id] })) {
        if (operation.phase === 'waiting') break;
      }
      await service.kill();
      expect((await operations.settled(started.id)).error).toMatchObject({ code: 'TARGET_GONE' });
      expect(await heaps.captures({ limit: 50 })).toHaveLength(1);
    });
  });
}
