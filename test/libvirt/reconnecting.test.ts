import { describe, expect, it, onTestFinished } from 'vitest';
import { backOffMs } from '../../src/async/back-off.ts';
import type { LinkState } from '../../src/libvirt/link-state.ts';
import { ReconnectingConnection, type ReconnectOptions } from '../../src/libvirt/reconnecting-connection.ts';
import { fakeDaemon } from '../fakes/libvirt/connected-pair.ts';
import type { FakeLibvirtd } from '../fakes/libvirt/fake-libvirtd.ts';
import { FakeFailure } from '../fakes/libvirt/handlers.ts';
import { patient } from '../fakes/libvirt/patient.ts';

const quick = { minDelayMs: 1, maxDelayMs: 5 };

function link(fake: FakeLibvirtd, options: ReconnectOptions = quick): ReconnectingConnection {
  const connection = new ReconnectingConnection(fake.uri, options);
  onTestFinished(() => connection.close());
  return connection;
}

describe('the pauses between attempts', () => {
  it('double up to the longest, each somewhere in its second half', () => {
    const options = { minDelayMs: 100, maxDelayMs: 1000 };
    const least = [1, 2, 3, 4, 5, 6, 500].map((failures) => backOffMs(failures, { ...options, random: () => 0 }));
    expect(least).toEqual([50, 100, 200, 400, 500, 500, 500]);
    const most = [1, 5].map((failures) => backOffMs(failures, { ...options, random: () => 0.999 }));
    expect(most).toEqual([100, 1000]);
  });
});

describe('a reconnecting connection', () => {
  it('comes up, says when the daemon goes and why, and comes up again by itself', async () => {
    const fake = await fakeDaemon();
    const connection = link(fake);
    const states: LinkState[] = [];
    connection.onState((state) => states.push(state));
    await connection.ready();
    await fake.stop();
    await expect.poll(() => connection.state.kind, patient).toBe('down');
    await expect.poll(() => states.filter(({ kind }) => kind === 'down').length, patient).toBeGreaterThan(2);
    await fake.resume();
    await connection.ready();
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    const kinds = states.map(({ kind }) => kind);
    expect(kinds.slice(0, 4)).toEqual(['up', 'down', 'connecting', 'down']);
    expect(kinds.slice(-2)).toEqual(['connecting', 'up']);
    const [first, second] = states.filter((state) => state.kind === 'down');
    expect(first).toMatchObject({ reason: { code: 'CONNECTION_LOST' }, attempt: 1 });
    expect(second).toMatchObject({
      reason: { code: 'DAEMON_NOT_RUNNING' },
      mend: expect.stringMatching(/systemctl/),
      attempt: 2,
    });
  });

  it('waits for a daemon that is not there yet, and fails calls meanwhile with the reason', async () => {
    const fake = await fakeDaemon();
    await fake.stop();
    const connection = link(fake);
    await expect.poll(() => connection.state.kind, patient).toBe('down');
    await expect(connection.call('connectGetHostname', {})).rejects.toMatchObject({
      code: 'NOT_CONNECTED',
      cause: { code: 'DAEMON_NOT_RUNNING' },
      mend: expect.stringMatching(/systemctl/),
    });
    await fake.resume();
    await connection.ready();
  });

  it('registers its subscriptions anew before it counts as up', async () => {
    const fake = await fakeDaemon();
    const domain = fake.hypervisor.addDomain('m', 1);
    const connection = link(fake);
    const seen: number[] = [];
    // One from before it is up, one from after.
    const early = await connection.subscribe('lifecycle', ({ event }) => seen.push(event));
    await connection.ready();
    await connection.subscribe('deviceAdded', ({ alias }) => seen.push(alias.length), { domain });
    for (let round = 1; round <= 3; round++) {
      expect(fake.hypervisor.registrations.size).toBe(2);
      await connection.call('domainSuspend', { domain });
      fake.hypervisor.emit('deviceAdded', domain, { alias: 'x'.repeat(100) });
      await connection.call('connectGetHostname', {});
      expect(seen).toEqual([3, 100]);
      seen.length = 0;
      await fake.stop();
      await expect.poll(() => connection.state.kind, patient).not.toBe('up');
      await fake.resume();
      await connection.ready();
    }
    await early.close();
    await fake.stop();
    await expect.poll(() => connection.state.kind, patient).not.toBe('up');
    await fake.resume();
    await connection.ready();
    expect([...fake.hypervisor.registrations.values()].map(({ event }) => event)).toEqual(['deviceAdded']);
    expect(fake.violations).toEqual([]);
  });

  it('does not count as up while a subscription cannot be restored, and says why', async () => {
    const fake = await fakeDaemon();
    const connection = link(fake);
    await connection.ready();
    await connection.subscribe('lifecycle', () => undefined);
    fake.overrides = {
      connectDomainEventCallbackRegisterAny: () => {
        throw new FakeFailure(3, 'not supported any more');
      },
    };
    await fake.stop();
    await fake.resume();
    await expect
      .poll(() => connection.state, patient)
      .toMatchObject({ kind: 'down', reason: { code: 'NO_SUPPORT', message: 'not supported any more' } });
    fake.overrides = {};
    await connection.ready();
  });

  it('rejects a subscription that the open daemon refuses, and forgets it', async () => {
    const fake = await fakeDaemon();
    fake.overrides = {
      connectDomainQemuMonitorEventRegister: () => {
        throw new FakeFailure(3, 'no');
      },
    };
    const connection = link(fake);
    await connection.ready();
    await expect(connection.subscribe('qemuMonitor', () => undefined)).rejects.toMatchObject({ code: 'NO_SUPPORT' });
    await fake.stop();
    await fake.resume();
    await connection.ready();
  });

  it('counts a daemon that lost its hypervisor as gone', async () => {
    const fake = await fakeDaemon();
    const connection = link(fake);
    await connection.ready();
    const states: LinkState[] = [];
    connection.onState((state) => states.push(state));
    fake.client.send({ procedure: 362, type: 2, body: Buffer.from([0, 0, 0, 2]) });
    await expect.poll(() => states[0], patient).toMatchObject({ kind: 'down', reason: { code: 'CONNECTION_LOST' } });
    await connection.ready();
  });

  it('dials at once when told to', async () => {
    const fake = await fakeDaemon();
    await fake.stop();
    const connection = link(fake, { minDelayMs: 600_000, maxDelayMs: 600_000 });
    await expect.poll(() => connection.state.kind, patient).toBe('down');
    await fake.resume();
    connection.retry();
    await connection.ready();
  });

  it('dials no more after close(), in whatever state it is', async () => {
    const fake = await fakeDaemon();
    const up = link(fake);
    await up.ready();
    await up.close();
    const connecting = link(fake);
    const waiting = expect(connecting.ready()).rejects.toMatchObject({ code: 'CLOSED' });
    await connecting.close();
    await waiting;
    await fake.stop();
    const down = link(fake, { minDelayMs: 600_000 });
    await expect.poll(() => down.state.kind, patient).toBe('down');
    await down.close();
    const abort = new AbortController();
    const signalled = link(fake, { signal: abort.signal, minDelayMs: 600_000 });
    abort.abort();
    for (const closed of [up, connecting, down, signalled])
      await expect.poll(() => closed.state.kind, patient).toBe('closed');
    await expect(up.call('connectGetHostname', {})).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(up.subscribe('lifecycle', () => undefined)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect.poll(() => fake.clients.size, patient).toBe(0);
  });

  it('stops waiting for it at the signal', async () => {
    const fake = await fakeDaemon();
    await fake.stop();
    const connection = link(fake);
    const abort = new AbortController();
    const waiting = connection.ready({ signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('is not stopped by a state listener that throws', async () => {
    const fake = await fakeDaemon();
    const thrown: unknown[] = [];
    const connection = link(fake, { ...quick, onListenerError: (error) => thrown.push(error) });
    connection.onState(() => {
      throw new Error('mine');
    });
    await connection.ready();
    expect(thrown).toEqual([new Error('mine')]);
  });
});

describe('a daemon that leaves calls unanswered', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  it('is asked on another connection before the places of the first are used up', async () => {
    const fake = await fakeDaemon();
    const connection = link(fake);
    await connection.ready();
    const counts: number[] = [];
    connection.onUnanswered((count) => counts.push(count));
    let answer: () => void = () => undefined;
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    fake.overrides = { connectGetUri: () => late.then(() => 'late') };
    const silent = Array.from({ length: 4 }, () => connection.call('connectGetUri', {}, { timeoutMs: 50 }));
    // It waits behind the four, and goes over to the next connection unsent.
    const behind = connection.call('connectGetHostname', {});
    for (const call of silent) await expect(call).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await behind).toBe('fake');
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    expect(fake.accepted).toBeGreaterThan(1);
    expect(connection.unanswered).toBe(4);
    answer();
    await expect.poll(() => connection.unanswered, patient).toBe(0);
    // The one that was replaced has nothing under way any more.
    await expect.poll(() => fake.clients.size, patient).toBe(1);
    expect(counts).toContain(4);
    expect(counts.at(-1)).toBe(0);
    expect(fake.violations).toEqual([]);
  });

  it('for ever, call after call, is served on a bounded number of connections', async () => {
    const fake = await fakeDaemon();
    const connection = link(fake);
    await connection.ready();
    fake.overrides = { connectGetUri: never };
    for (let call = 0; call < 40; call++) {
      await expect(connection.call('connectGetUri', {}, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'TIMEOUT' });
      expect(await connection.call('connectGetHostname', {})).toBe('fake');
    }
    expect(fake.clients.size).toBeLessThanOrEqual(10);
    expect(fake.violations).toEqual([]);
  });

  it('keeps events coming, once each, over the change of connections', async () => {
    const fake = await fakeDaemon();
    const domain = fake.hypervisor.addDomain('m', 1);
    const connection = link(fake);
    await connection.ready();
    const seen: number[] = [];
    await connection.subscribe('lifecycle', ({ detail }) => seen.push(detail));
    fake.overrides = { connectGetUri: never };
    for (let call = 0; call < 2; call++)
      await expect(connection.call('connectGetUri', {}, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect.poll(() => fake.accepted, patient).toBe(2);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    fake.hypervisor.emit('lifecycle', domain, { event: 4, detail: 7 });
    await expect.poll(() => seen, patient).toEqual([7]);
  });
});
