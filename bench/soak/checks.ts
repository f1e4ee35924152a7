import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../../test/integration/bench/bench.ts';
import { snapshotCapability } from '../../test/integration/bench/foreign-work.ts';
import type { Guest } from '../../test/integration/bench/guest.ts';
import { nextReports } from '../../test/integration/bench/litmus.ts';
import type { SoakServer } from './server.ts';

// What must be true when the soak has come to rest. Each check answers with what is wrong, a line each.

interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
interface DumpRow {
  readonly id: string;
  readonly state: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}
interface RecordRow {
  readonly id: string;
  readonly state: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly dumpPath: string;
}

const pageInfo = 'pageInfo { hasNextPage endCursor }';
const dumpsDocument = `query ($after: String) { dumps(first: 200, after: $after) { nodes { id state error { code message } } ${pageInfo} } }`;
const recordsDocument = `query ($after: String) { dumpRecords(first: 200, after: $after) { nodes { id state sha256 sizeBytes dumpPath } ${pageInfo} } }`;

async function allOf<T>(server: SoakServer, document: string, field: string): Promise<T[]> {
  const rows: T[] = [];
  for (let after: string | null = null; ; ) {
    const data: Record<string, Page<T>> | null = await server.ask(document, { after });
    const page: Page<T> | undefined = data?.[field];
    if (page == null) throw new Error(`the server does not answer ${field}`);
    rows.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return rows;
    after = page.pageInfo.endCursor;
  }
}

/** The dumps by id, when none of them is under way any more. */
export async function settledDumps(server: SoakServer, patienceMs: number): Promise<DumpRow[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const dumps = await allOf<DumpRow>(server, dumpsDocument, 'dumps');
    const active = dumps.filter(({ state }) => state === 'QUEUED' || state === 'RUNNING');
    if (active.length === 0 || performance.now() > deadline) return dumps;
    await sleep(250);
  }
}

/** It executes (its counter moves; a status proves nothing), and nothing of ours is on in its QEMU. */
export async function wrongWithGuest(guest: Guest): Promise<string[]> {
  const wrong: string[] = [];
  const state = await guest.state().catch(String);
  if (state !== 'running') wrong.push(`${guest.name} is ${state}`);
  else {
    if (await snapshotCapability(guest)) wrong.push(`${guest.name}: the capability background-snapshot is on`);
    const reports = await Promise.race([nextReports(guest, 2), sleep(20_000, null)]);
    if (reports === null) wrong.push(`${guest.name} says that it runs, and does not execute`);
  }
  return wrong;
}

/** Nothing of a capture lies about any more. */
export async function wrongLeftovers(bench: Bench, dataFolder: string): Promise<string[]> {
  const exchange = (await readdir(bench.exchange)).filter((name) => name.startsWith('memoir-'));
  const own = (await readdir(dataFolder, { recursive: true })).filter((path) =>
    /captures\/.*\.json$|\.partial$/.test(path),
  );
  return [...exchange, ...own].map((name) => `left behind: ${name}`);
}

/** Where the artifacts are that records tell of. */
export async function artifactPaths(server: SoakServer): Promise<string[]> {
  const records = await allOf<RecordRow>(server, recordsDocument, 'dumpRecords');
  return records.filter(({ state }) => state !== 'DELETED').map(({ dumpPath }) => dumpPath);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Journal, records and files say the same: one artifact and one record for each COMPLETED dump, and no other file. */
export async function wrongWithBooks(
  server: SoakServer,
  dumps: readonly DumpRow[],
  acknowledged: ReadonlySet<string>,
  dumpFolder: string,
): Promise<string[]> {
  const wrong: string[] = [];
  const known = new Map(dumps.map((dump) => [dump.id, dump]));
  for (const id of acknowledged) if (!known.has(id)) wrong.push(`${id} was acknowledged and is not in the journal`);
  for (const { id, state } of dumps)
    if (!['COMPLETED', 'FAILED', 'CANCELLED'].includes(state)) wrong.push(`${id} is still ${state}`);
  for (const { id, error } of dumps) if (error?.code === 'INTERNAL') wrong.push(`${id}: ${error.message}`);
  const records = await allOf<RecordRow>(server, recordsDocument, 'dumpRecords');
  const byId = new Map(records.map((record) => [record.id, record]));
  if (byId.size !== records.length) wrong.push('a record is there twice');
  const completed = dumps.filter(({ state }) => state === 'COMPLETED');
  for (const { id } of completed) if (!byId.has(id)) wrong.push(`${id} is COMPLETED and has no record`);
  if (records.length !== completed.length) wrong.push(`${records.length} records of ${completed.length} dumps`);
  const expected = new Set<string>();
  for (const { id, state, sha256, sizeBytes, dumpPath } of records) {
    if (state === 'DELETED') continue;
    expected.add(dumpPath);
    const size = await stat(dumpPath).then(
      ({ size: bytes }) => bytes,
      () => null,
    );
    if (size !== sizeBytes) wrong.push(`${id}: ${dumpPath} has ${size} bytes, its record says ${sizeBytes}`);
    else if ((await digestOf(dumpPath)) !== sha256) wrong.push(`${id}: ${dumpPath} has another digest than its record`);
  }
  const entries = await readdir(dumpFolder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if (!expected.has(path) && !expected.has(path.replace(/\.[^.]*json$/, ''))) wrong.push(`nobody knows of ${path}`);
  }
  return wrong;
}
