import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

const trigger = `mutation ($vms: [String!]) {
  triggerDumps(input: { vms: $vms }) { accepted { id vmName state } rejected { vm code activeDump { id } } }
}`;
const dumpOf = `query ($id: ID!) { dump(id: $id) { id state phase sha256 sizeBytes dumpPath error { code } progress { doneBytes } record { sha256 state } } }`;
const events = `query ($after: String!) { events(after: $after, first: 1000) { nodes { seq type operationId } } }`;

/** Files below the dump folder, but for the lasting ones that are named. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(folder, 'dumps'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

async function until<T>(server: ServerProcess, id: string, check: (dump: T) => boolean): Promise<T> {
  for (;;) {
    const { dump } = await server.query(dumpOf, { id });
    if (check(dump)) return dump;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
type Dump = {
  state: string;
  phase: string | null;
  sha256: string;
  dumpPath: string;
  error: { code: string } | null;
  progress: { doneBytes: number } | null;
  record: { sha256: string } | null;
};

/** How often the server is killed, beside the one time in the middle of a dump: `KILLS=50` for a long look. */
const rounds = Number(process.env.KILLS ?? (thorough ? 4 : 0));

describe('a server that is killed', () => {
  it('in the middle of a dump leaves a journal that tells the truth, no partial file, and a queue that runs', async () => {
    const folder = temporaryFolder();
    const slow = { MAX_PARALLEL_DUMPS: '1', DEMO_SPEED: '20' };
    const first = await startServer(folder, slow);
    const { triggerDumps } = await first.query(trigger, { vms: ['mail-01', 'web-01'] });
    const [running, queued] = triggerDumps.accepted;
    await until<Dump>(first, running.id, (dump) => (dump.progress?.doneBytes ?? 0) > 0);
    // Nobody else may use its data directory while it lives; whoever tries does it no harm.
    await expect(startServer(folder)).rejects.toThrow(/ended with 1[\s\S]*in use by another Memoir server/);
    await first.end('SIGKILL');
    expect(filesBelow(folder).length).toBeGreaterThan(0);

    const second = await startServer(folder, { MAX_PARALLEL_DUMPS: '1' });
    const interrupted = await until<Dump>(second, running.id, () => true);
    expect(interrupted).toMatchObject({ state: 'FAILED', error: { code: 'INTERRUPTED' }, record: null });
    const done = await until<Dump>(second, queued.id, (dump) => dump.state === 'COMPLETED' || dump.state === 'FAILED');
    expect(done).toMatchObject({ state: 'COMPLETED', error: null });
    const digest = execFileSync('sha256sum', [done.dumpPath]).toString().split(' ')[0];
    expect([done.sha256, done.record?.sha256]).toEqual([digest, digest]);
    expect(filesBelow(folder).filter((name) => !name.includes(queued.id))).toEqual([]);

    const log = (await second.query(events, { after: '0' })).events.nodes;
    expect(log.map((event: { seq: number }) => event.seq)).toEqual(log.map((_: unknown, index: number) => index + 1));
    const types = (id: string) =>
      log
        .filter((event: { operationId: string }) => event.operationId === id)
        .map((event: { type: string }) => event.type);
    expect(types(running.id).filter((type: string) => type !== 'PHASE')).toEqual(['QUEUED', 'STARTED', 'FAILED']);
    expect(types(queued.id).filter((type: string) => type !== 'PHASE')).toEqual(['QUEUED', 'STARTED', 'COMPLETED']);
  });

  it.skipIf(rounds === 0)(
    'at any moment of many dumps never loses or doubles one',
    async () => {
      const folder = temporaryFolder();
      const accepted = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        const server = await startServer(folder, { MAX_PARALLEL_DUMPS: '2', DEMO_SPEED: '400' });
        const { triggerDumps } = await server.query(
          `mutation { triggerDumps(input: { all: true, format: RAW }) { accepted { id } } }`,
        );
        for (const { id } of triggerDumps.accepted) accepted.add(id);
        await new Promise((resolve) => setTimeout(resolve, 150 * round + Math.random() * 200));
        await server.end('SIGKILL');
      }
      const last = await startServer(folder);
      const states = [];
      for (const id of accepted) {
        const dump = await until<Dump>(last, id, ({ state }) => !['QUEUED', 'RUNNING'].includes(state));
        states.push(dump.state);
        if (dump.state !== 'COMPLETED') expect(dump.error?.code).toBe('INTERRUPTED');
        else expect(dump.sha256).toBe(execFileSync('sha256sum', [dump.dumpPath]).toString().split(' ')[0]);
      }
      expect(states.filter((state) => state === 'COMPLETED').length).toBeGreaterThan(0);
      const { dumpRecords } = await last.query('{ dumpRecords(first: 1000) { totalCount nodes { id } } }');
      expect(dumpRecords.totalCount).toBe(states.filter((state) => state === 'COMPLETED').length);
      expect(filesBelow(folder).length).toBe(2 * dumpRecords.totalCount);
      const log = (await last.query(events, { after: '0' })).events.nodes;
      expect(log.map((event: { seq: number }) => event.seq)).toEqual(log.map((_: unknown, index: number) => index + 1));
    },
    120_000 + rounds * 10_000,
  );
});

describe('a server that is asked to stop', () => {
  it('exits 0, leaves no partial file and no RUNNING operation; a second signal ends it at once', async () => {
    const folder = temporaryFolder();
    const first = await startServer(folder, { DEMO_SPEED: '5', SHUTDOWN_TIMEOUT: '200ms' });
    const { triggerDumps } = await first.query('mutation { triggerDumps(input: { all: true }) { accepted { id } } }');
    const { id } = triggerDumps.accepted[0];
    await until<Dump>(first, id, (dump) => dump.phase === 'capturing');
    expect(await first.end('SIGTERM')).toBe(0);
    expect(filesBelow(folder)).toEqual([]);

    const second = await startServer(folder, { DEMO_SPEED: '5', SHUTDOWN_TIMEOUT: '60s' });
    expect(await until<Dump>(second, id, () => true)).toMatchObject({
      state: 'FAILED',
      error: { code: 'INTERRUPTED' },
    });
    const again = await second.query(
      'mutation { triggerDumps(input: { all: true }) { accepted { id } rejected { code } } }',
    );
    expect(again.triggerDumps.accepted.length + again.triggerDumps.rejected.length).toBeGreaterThan(0);
    second.child.kill('SIGTERM');
    while (!second.output().includes('SIGTERM')) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await second.end('SIGTERM')).toBe(1);
  });
});
