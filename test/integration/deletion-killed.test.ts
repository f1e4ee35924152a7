import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../server-process.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { traced } from './strace.ts';

/** Dumps a machine of the demo and answers its id, once its artifact is there. */
async function dumped(server: ServerProcess, vm: string): Promise<string> {
  const document = 'mutation ($vms: [String!]) { triggerDumps(input: { vms: $vms }) { accepted { id } } }';
  const { triggerDumps } = await server.query(document, { vms: [vm] });
  const { id } = triggerDumps.accepted[0];
  for (;;) {
    const { dump } = await server.query('query ($id: ID!) { dump(id: $id) { state record { state } } }', { id });
    if (dump.record !== null) return id;
    if (dump.state === 'FAILED') throw new Error('the dump failed');
  }
}

/** Waits until the server has held its store against the catalogue, as it does after each start. */
async function tidied(server: ServerProcess): Promise<{ count: number }> {
  for (;;) {
    const { service } = await server.query('{ service { unwantedArtifacts { count } } }');
    if (service.unwantedArtifacts !== null) return service.unwantedArtifacts;
  }
}

const stateOf = async (server: ServerProcess, id: string) =>
  (await server.query('query ($id: ID!) { dump(id: $id) { record { state } } }', { id })).dump.record.state;

// The deletion is in the journal before the first of these calls is made; the next start finds what is left of the files.
describe.skipIf(lacks('strace'))('a server that is killed in the middle of a deletion', () => {
  it.each([
    ['before the image is withdrawn', 'rename,renameat,renameat2', false],
    ['after the image is withdrawn', 'unlink,unlinkat', true],
  ])('%s leaves files that the next start removes', { timeout: 120_000 }, async (_, calls, isWithdrawn) => {
    const folder = temporaryFolder();
    const filesOf = (id: string) =>
      readdirSync(join(folder, 'dumps'), { recursive: true }).filter((name) => String(name).includes(id));
    const first = await startServer(folder);
    const [gone, kept] = [await dumped(first, 'mail-01'), await dumped(first, 'mail-01')];
    await tidied(first);
    const exited = once(first.child, 'exit');
    await traced(first.child.pid as number, ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=KILL`]);
    const deletion = first.query('mutation ($id: ID!) { deleteDump(id: $id) { errors { code } } }', { id: gone });
    await expect(deletion).rejects.toThrow();
    await exited;
    const left = filesOf(gone);
    expect(left).toHaveLength(2);
    expect(left.some((name) => String(name).endsWith('.memoir-partial'))).toBe(isWithdrawn);

    const second = await startServer(folder);
    expect(await tidied(second)).toEqual({ count: 0 });
    expect(filesOf(gone)).toEqual([]);
    expect(await stateOf(second, gone)).toBe('DELETED');
    expect(filesOf(kept)).toHaveLength(2);
    expect(await stateOf(second, kept)).toBe('AVAILABLE');
  });
});
