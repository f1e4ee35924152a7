import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../server-process.ts';
import { lacks } from '../system.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Bench, startBench } from './bench/bench.ts';
import { lacksBench } from './bench/generation.ts';
import type { Guest } from './bench/guest.ts';
import { litmus, litmusReports } from './bench/litmus.ts';
import { expectUntouched } from './machines/invariant.ts';
import { traced } from './strace.ts';

const trigger = `mutation { triggerDumps(input: { vms: ["counts"], method: SNAPSHOT }) { accepted { id } } }`;
const look = `query ($id: ID!) { dump(id: $id) {
  state phase error { code message } guestPauseMs durationSec progress { writtenBytes } } }`;

// The whole server on a disk on which every write takes 8 ms longer and every flush 100, in front of a guest that writes.
describe.skipIf(lacksBench() || lacks('strace'))('a disk that is slow', () => {
  let bench: Bench;
  let guest: Guest;

  beforeAll(async () => {
    bench = await startBench();
    guest = await bench.startGuest({ name: 'counts', memoryMiB: 128, program: await litmus({ pages: 4096 }) });
    await guest.waitFor(/READY/);
  }, 240_000);
  afterAll(() => bench?.close());

  it('holds up the dump and not the guest, and the progress goes on', { timeout: 240_000 }, async () => {
    const server = await startServer(temporaryFolder(), { LIBVIRT_URI: bench.uri });
    const release = await traced(server.child.pid as number, [
      ...['-e', 'trace=pwrite64,fsync,fdatasync'],
      ...['-e', 'inject=pwrite64:delay_enter=8000'],
      ...['-e', 'inject=fsync,fdatasync:delay_enter=100000'],
    ]);
    const { triggerDumps } = await server.query(trigger);
    const { id } = triggerDumps.accepted[0];
    const seen = new Set<number>();
    const beats: number[] = [];
    for (;;) {
      const { dump } = await server.query(look, { id });
      if (dump.phase === 'capturing') beats.push(litmusReports(await guest.console()).at(-1)?.beat ?? 0);
      if (dump.progress !== null) seen.add(dump.progress.writtenBytes);
      if (dump.state === 'QUEUED' || dump.state === 'RUNNING') continue;
      expect(dump).toMatchObject({ state: 'COMPLETED', error: null });
      // The pause is QEMU's own: no disk has a part in it.
      expect(dump.guestPauseMs).toBeLessThan((dump.durationSec * 1000) / 4);
      break;
    }
    const said = await release();
    expect(said.match(/pwrite64\(.*DELAYED/g)?.length).toBeGreaterThan(50);
    expect(seen.size).toBeGreaterThan(5);
    // It executed while its memory was read: it reports four times a second.
    expect(beats.at(-1)).toBeGreaterThan(beats[0] as number);
    await server.end('SIGTERM');
    await expectUntouched(guest);
  });
});
