import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startServer } from './server-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The shell examples of the README, as printed. */
const examples = [...readFileSync('README.md', 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
  (match) => match[1] as string,
);

describe('the README', () => {
  it('shows examples that work as printed, in their order', async () => {
    const folder = temporaryFolder();
    const server = await startServer(folder, { DEMO_SPEED: '150' });
    const run = async (script: string) => {
      // Only where the server is differs: the tests' own port and folder.
      const here = script.replaceAll('http://127.0.0.1:4000', server.url).replaceAll('data/dumps', `${folder}/dumps`);
      const done = await promisify(execFile)('bash', ['-c', here]).catch(
        (error: { stdout: string; code: number }) => error,
      );
      return done.stdout;
    };
    const [machines, trigger, progress, records, events, digest] = examples as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];

    const seen = JSON.parse(await run(machines));
    expect(seen.data.vms.map((vm: { name: string }) => vm.name)).toEqual(expect.arrayContaining(['web-01', 'mail-01']));

    const { accepted, rejected } = JSON.parse(await run(trigger)).data.triggerDumps;
    expect(accepted).toHaveLength(2);
    expect(rejected).toMatchObject([{ vm: 'no-such-machine', code: 'NOT_FOUND' }]);
    const repeated = JSON.parse(await run(trigger)).data.triggerDumps.accepted;
    expect(repeated.map((dump: { id: string }) => dump.id)).toEqual(accepted.map((dump: { id: string }) => dump.id));

    const ticks = await run(progress);
    expect(ticks).toMatch(/"state":"RUNNING"/);
    expect(ticks).toMatch(/"percent":\d/);
    for (;;) {
      const { dumps } = await server.query('{ dumps(states: [QUEUED, RUNNING]) { totalCount } }');
      if (dumps.totalCount === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const found = JSON.parse(await run(records)).data;
    expect(found.dumpRecords).toMatchObject({ totalCount: 1, nodes: [{ dom: 'web-01' }] });
    expect(found.dumpStats.totalDumps).toBe(2);

    expect((await run(events)).match(/"type":"COMPLETED"/g)).toHaveLength(2);
    expect(await run(digest)).toContain(found.dumpRecords.nodes[0].sha256);
    expect(examples).toHaveLength(6);
  }, 60_000);
});
