import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/libvirt/connect.ts';
import type { LinkState } from '../../../src/libvirt/link-state.ts';
import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import { ReconnectingConnection } from '../../../src/libvirt/reconnecting-connection.ts';
import { patient } from '../../fakes/libvirt/patient.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { lacksBench } from '../bench/generation.ts';

describe.skipIf(lacksBench())('a libvirtd that stops, starts and hangs', { timeout: 120_000 }, () => {
  let bench: Bench;
  let uri: string;

  beforeAll(async () => {
    bench = await startBench();
    uri = `test:///default?socket=${bench.socketPath}`;
  }, 300_000);
  afterAll(() => bench?.close());

  const descriptors = (): number => readdirSync('/proc/self/fd').length;

  async function theMachine(link: ReconnectingConnection): Promise<DomainRef> {
    return (await link.ready()).call('domainLookupByName', { name: 'test' });
  }

  it('under load fails calls with a code, comes back, and its events with it, and no descriptor is leaked', async () => {
    const before = descriptors();
    const seen: number[] = [];
    const states: LinkState[] = [];
    await using link = new ReconnectingConnection(uri, { minDelayMs: 20, maxDelayMs: 200 });
    link.onState((state) => states.push(state));
    await link.subscribe('lifecycle', ({ event }) => seen.push(event));
    const codes = new Set<string>();
    let stop = false;
    const load = Array.from({ length: 20 }, async () => {
      while (!stop) {
        const code = await link.call('domainLookupByName', { name: 'test' }).then(
          () => 'answered',
          (error) => error.code as string,
        );
        codes.add(code);
        if (code === 'NOT_CONNECTED') await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    for (let round = 1; round <= 3; round++) {
      await theMachine(link);
      const since = states.length;
      // One time as systemd stops it, one time as the kernel does.
      if (round % 2 === 0) await bench.libvirtd.stop();
      else await bench.libvirtd.kill();
      await expect.poll(() => link.state.kind, patient).not.toBe('up');
      // Dialled at least once while nobody was there.
      await expect
        .poll(
          () =>
            states.slice(since).some((state) => state.kind === 'down' && state.reason.code === 'DAEMON_NOT_RUNNING'),
          patient,
        )
        .toBe(true);
      await bench.libvirtd.start();
      const domain = await theMachine(link);
      seen.length = 0;
      await link.call('domainSuspend', { domain });
      await link.call('domainResume', { domain });
      await expect.poll(() => seen, patient).toEqual([3, 4]);
    }
    stop = true;
    await Promise.all(load);
    expect([...codes].sort()).toEqual(['CONNECTION_LOST', 'NOT_CONNECTED', 'answered'].sort());
    const reasons = new Set(states.map((state) => (state.kind === 'down' ? state.reason.code : undefined)));
    expect(reasons).toContain('CONNECTION_LOST');
    expect(reasons).toContain('DAEMON_NOT_RUNNING');
    await link.close();
    await expect.poll(descriptors, patient).toBeLessThanOrEqual(before);
  });

  it('that hangs times out its calls, is given up, and is found again when it lives', async () => {
    const keepalive = { keepaliveIntervalMs: 100, keepaliveCount: 3 };
    await using link = new ReconnectingConnection(uri, {
      ...keepalive,
      minDelayMs: 20,
      maxDelayMs: 200,
      connectTimeoutMs: 500,
    });
    const connection = await link.ready();
    bench.libvirtd.freeze();
    try {
      await expect(connection.call('connectGetHostname', {}, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'TIMEOUT',
      });
      expect(await connection.closed).toMatchObject({ code: 'DAEMON_SILENT' });
      // It still accepts connections, or rather the kernel does.
      await expect
        .poll(() => link.state, { timeout: 10_000 })
        .toMatchObject({ kind: 'down', reason: { code: 'TIMEOUT' } });
    } finally {
      bench.libvirtd.thaw();
    }
    await theMachine(link);
  });

  it('is connected to and left 100 times without a trace', async () => {
    const once = async (): Promise<void> => {
      await using connection = await connect(uri);
      await connection.subscribe('lifecycle', () => undefined);
      await connection.call('connectListAllDomains', { need: 1, flags: 0 });
    };
    await once();
    const before = descriptors();
    for (let cycle = 0; cycle < 100; cycle++) await once();
    await expect.poll(descriptors, patient).toBeLessThanOrEqual(before);
    // The daemon has let them go too.
    const held = (): number => readdirSync(`/proc/${bench.libvirtd.pid}/fd`).length;
    const heldBefore = held();
    for (let cycle = 0; cycle < 20; cycle++) await once();
    await expect.poll(held, { timeout: 10_000 }).toBeLessThanOrEqual(heldBefore);
  });
});
