import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { memoir } from './fakes/command-line.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Copied {
  readonly id: string;
  readonly vmName: string;
  readonly state: string;
  readonly sha256: string;
  readonly dumpPath: string;
}

async function recordsOf(server: ServerProcess): Promise<Map<string, Copied>> {
  const { dumpRecords } = await server.query(
    '{ dumpRecords(first: 200) { nodes { id vmName state sha256 dumpPath } } }',
  );
  return new Map(dumpRecords.nodes.map((one: Copied) => [one.id, one]));
}

/** Dumps one after the other until it is told to stop. */
function keepDumping(server: ServerProcess): { stop(): Promise<void> } {
  let isOver = false;
  const running = (async () => {
    while (!isOver) {
      const { triggerDumps } = await server.query(
        'mutation { triggerDumps(input: { machines: { names: ["web-01"] }, compression: NONE }) { accepted { id } } }',
      );
      const id = triggerDumps.accepted[0]?.id;
      if (id === undefined) continue;
      const state = async () => (await server.query('query ($id: ID!) { dump(id: $id) { state } }', { id })).dump.state;
      while (!isOver && ['QUEUED', 'RUNNING'].includes(await state())) await pause(50);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await running;
    },
  };
}

it('memoir backup copies a server that goes on writing, and a server on the copy agrees with what was there', {
  timeout: 180_000,
}, async () => {
  const folder = temporaryFolder();
  const source = await startServer(folder);
  await source.query(
    'mutation { createSchedule(input: { name: "nightly", timing: { cron: { expression: "0 2 * * *", timeZone: "UTC" } }, machines: { all: true } }) { errors { code } } }',
  );
  const { nodeId } = (await source.query('{ service { nodeId } }')).service;
  const dumping = keepDumping(source);
  await vi.waitFor(async () => expect((await recordsOf(source)).size).toBeGreaterThan(0), { timeout: 60_000 });

  const before = await recordsOf(source);
  const target = join(temporaryFolder(), 'copy');
  const { code, out } = await memoir(source.url, ['--json', 'backup', target], { dataDir: folder });
  const after = await recordsOf(source);
  await dumping.stop();
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ folder: target, from: folder });
  expect(statSync(target).mode & 0o777).toBe(0o700);
  expect(statSync(join(target, 'memoir.sqlite')).mode & 0o777).toBe(0o600);

  // As somebody restores it: the database and the manifests, and the artifacts from wherever they are kept.
  const restored = temporaryFolder();
  cpSync(target, restored, { recursive: true });
  await source.end('SIGTERM');
  cpSync(join(folder, 'dumps'), join(restored, 'dumps'), { recursive: true, force: false });
  const copy = await startServer(restored);
  const found = await recordsOf(copy);
  for (const id of before.keys()) expect(found.has(id)).toBe(true);
  for (const [id, record] of found) {
    const known = after.get(id);
    if (known === undefined) continue;
    expect(record).toEqual(known);
    // What the database knows has its manifest in the copy.
    const manifest = `${known.dumpPath.replace(folder, target)}.json`;
    expect(existsSync(manifest)).toBe(true);
    expect(JSON.parse(readFileSync(manifest, 'utf8'))).toMatchObject({ sha256: known.sha256 });
  }
  const same = '{ schedules { name } service { nodeId } }';
  expect(await copy.query(same)).toEqual({ schedules: [{ name: 'nightly' }], service: { nodeId } });
  const [[id]] = [...found] as [[string, Copied]];
  await copy.query('mutation ($id: ID!) { verifyDump(id: $id) { operation { id } } }', { id });
  await vi.waitFor(
    async () => {
      const { operations } = await copy.query(
        '{ operations(first: 1, kind: VERIFY) { nodes { state error { code } } } }',
      );
      expect(operations.nodes).toEqual([{ state: 'COMPLETED', error: null }]);
    },
    { timeout: 30_000 },
  );
});

it('memoir backup refuses a folder that is there, and leaves it as it is', async () => {
  const folder = temporaryFolder();
  const server = await startServer(folder);
  const { code, told } = await memoir(server.url, ['backup', folder], { dataDir: folder });
  expect([code, told]).toEqual([2, expect.stringContaining('cannot be made')]);
  const none = await memoir(server.url, ['backup', join(folder, 'copy')], { dataDir: temporaryFolder() });
  expect([none.code, none.told]).toEqual([2, expect.stringContaining('there is no database')]);
  expect(readdirSync(folder)).not.toContain('copy');
});

it('a server refuses a database of a newer version in two lines, and leaves it as it is', {
  timeout: 180_000,
}, async () => {
  const folder = temporaryFolder();
  const server = await startServer(folder);
  await server.end('SIGTERM');
  const setVersion = (version: number): number => {
    const database = new DatabaseSync(join(folder, 'memoir.sqlite'));
    const of = "FROM schema_versions WHERE service = 'schedules'";
    const before = database.prepare(`SELECT version ${of}`).get()?.version;
    database.prepare("UPDATE schema_versions SET version = ? WHERE service = 'schedules'").run(version);
    database.close();
    return Number(before);
  };
  const known = setVersion(99);
  const refused = (await startServer(folder).catch((error: Error) => error)) as Error;
  expect(refused.message).toMatch(
    /ended with 1:\nmemoir: the database of schedules was written by a newer version of Memoir/,
  );
  expect(refused.message).toMatch(/\n {2}Use that version; or go back to the copy .*memoir\.sqlite\.before-schedules-/);
  expect(refused.message.trim().split('\n')).toHaveLength(3);
  // The version that it is of goes on with it.
  setVersion(known);
  const again = await startServer(folder);
  expect((await again.query('{ schedules { name } }')).schedules).toEqual([]);
});
