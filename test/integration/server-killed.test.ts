import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killServerAtStart, type ServerProcess, startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Bench, startBench } from './bench/bench.ts';
import { lacksBench } from './bench/generation.ts';
import type { Guest } from './bench/guest.ts';
import { litmus } from './bench/litmus.ts';
import { expectSavable, expectUntouched } from './machines/invariant.ts';

// The whole server, killed at random points of a dump of a real guest that counts. How often: KILLS (100 for a release), and
// half of it per method.
const rounds = Math.ceil(Number(process.env.KILLS ?? 4) / 2);
// After each of these the next server is killed while it starts, so often.
const killsAtStart = 2;

const trigger = `mutation ($vm: String!, $method: MethodChoice!) {
  triggerDumps(input: { vms: [$vm], method: $method }) { accepted { id } rejected { code message } } }`;
const stateOf = 'query ($id: ID!) { dump(id: $id) { state sha256 error { code } record { id } } }';
const isOver = (state: string) => state !== 'QUEUED' && state !== 'RUNNING';

describe.skipIf(lacksBench())('a server that is killed while it dumps a real guest', () => {
  let bench: Bench;
  let guest: Guest;

  beforeAll(async () => {
    bench = await startBench();
    guest = await bench.startGuest({ name: 'counts', memoryMiB: 128, program: await litmus({ pages: 4096 }) });
    await guest.waitFor(/READY/);
  }, 240_000);
  afterAll(() => bench?.close());

  async function over(server: ServerProcess, id: string): Promise<{ state: string; error: { code: string } | null }> {
    for (;;) {
      const { dump } = await server.query(stateOf, { id });
      if (isOver(dump.state)) return dump;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it.each(['SNAPSHOT', 'CORE_DUMP'])(
    '%s: the guest goes on, nothing is left behind, the journal tells the truth',
    async (method) => {
      const folder = temporaryFolder();
      const environment = { LIBVIRT_URI: bench.uri };
      // How long one takes here, so that the kills fall on all of it.
      let server = await startServer(folder, environment);
      const began = performance.now();
      const first = await server.query(trigger, { vm: 'counts', method });
      expect(await over(server, first.triggerDumps.accepted[0].id)).toMatchObject({ state: 'COMPLETED' });
      const wholeMs = performance.now() - began;

      const states: Record<string, number> = {};
      for (let round = 0; round < rounds; round += 1) {
        const { triggerDumps } = await server.query(trigger, { vm: 'counts', method });
        const { id } = triggerDumps.accepted[0];
        await new Promise((resolve) => setTimeout(resolve, Math.random() * wholeMs * 1.1));
        await server.end('SIGKILL');
        for (let again = 0; again < killsAtStart; again += 1)
          await killServerAtStart(folder, environment, 200 + Math.random() * 1_000);

        server = await startServer(folder, environment);
        const dump = await over(server, id);
        states[dump.state] = (states[dump.state] ?? 0) + 1;
        // What had been committed is a dump; what had not begun runs now; the rest was interrupted.
        if (dump.state !== 'COMPLETED') expect(dump).toMatchObject({ state: 'FAILED', error: { code: 'INTERRUPTED' } });
        const files = readdirSync(join(folder, 'dumps'), { recursive: true, withFileTypes: true }).filter((entry) =>
          entry.isFile(),
        );
        const { dumpRecords } = await server.query('{ dumpRecords { totalCount } }');
        expect(files).toHaveLength(2 * dumpRecords.totalCount);
        await expectUntouched(guest);
      }
      await server.end('SIGTERM');
      expect(Object.values(states).reduce((sum, count) => sum + count, 0)).toBe(rounds);
      await expectSavable(bench, guest);
      process.stdout.write(
        `${method}: killed ${rounds} times within ${Math.round(wholeMs)} ms: ${JSON.stringify(states)}\n`,
      );
    },
    3_600_000,
  );

  it.each(['SNAPSHOT', 'CORE_DUMP'])(
    '%s: asked to stop in the middle, it exits 0 and the guest goes on',
    async (method) => {
      const folder = temporaryFolder();
      const environment = { LIBVIRT_URI: bench.uri, SHUTDOWN_TIMEOUT: '0s' };
      const server = await startServer(folder, environment);
      const { triggerDumps } = await server.query(trigger, { vm: 'counts', method });
      const { id } = triggerDumps.accepted[0];
      for (;;) {
        const { dump } = await server.query('query ($id: ID!) { dump(id: $id) { phase } }', { id });
        if (dump.phase === 'capturing') break;
      }
      expect(await server.end('SIGTERM')).toBe(0);
      await expectUntouched(guest);
      expect(
        readdirSync(join(folder, 'dumps'), { recursive: true, withFileTypes: true }).filter((it) => it.isFile()),
      ).toEqual([]);
      const next = await startServer(folder, environment);
      expect(await over(next, id)).toMatchObject({ state: 'FAILED', error: { code: 'INTERRUPTED' } });
      await next.end('SIGTERM');
    },
    240_000,
  );
});
