import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/libvirt/connection.ts';
import { connectedPair } from '../fakes/libvirt/connected-pair.ts';
import { FakeFailure } from '../fakes/libvirt/handlers.ts';
import { patient } from '../fakes/libvirt/patient.ts';

/** Everything that was sent before this has been received: answers come behind events. */
async function caughtUp(connection: Connection): Promise<void> {
  await connection.call('connectGetHostname', {});
}

describe('events', () => {
  it('reach those who asked for them, in order, of all domains or of one', async () => {
    const [connection, fake] = await connectedPair();
    const one = fake.hypervisor.addDomain('one', 1);
    const two = fake.hypervisor.addDomain('two', 2);
    const all: string[] = [];
    const some: string[] = [];
    await connection.subscribe('lifecycle', ({ domain, event }) => all.push(`${domain.name} ${event}`));
    await connection.subscribe('lifecycle', ({ domain, event }) => some.push(`${domain.name} ${event}`), {
      domain: two,
    });
    await connection.call('domainSuspend', { domain: one });
    await connection.call('domainSuspend', { domain: two });
    await connection.call('domainResume', { domain: one });
    await caughtUp(connection);
    expect(all).toEqual(['one 3', 'two 3', 'one 4']);
    expect(some).toEqual(['two 3']);
  });

  it('of every kind are read field by field', async () => {
    const [connection, fake] = await connectedPair();
    const domain = fake.hypervisor.addDomain('m', 1);
    const parameters = [{ field: 'operation', type: 'int', value: 2 }] as const;
    const sent = {
      reboot: {},
      deviceAdded: { alias: 'virtio-disk1' },
      deviceRemoved: { alias: 'virtio-disk1' },
      deviceRemovalFailed: { alias: 'virtio-disk2' },
      jobCompleted: { parameters },
      tunable: { parameters },
      agentLifecycle: { state: 1, reason: 2 },
      migrationIteration: { iteration: 3 },
      metadataChange: { type: 1, uri: null },
      qemuMonitor: { event: 'STOP', seconds: 1_700_000_000n, microseconds: 5, details: '{}' },
    };
    const seen: Record<string, unknown> = {};
    for (const name of Object.keys(sent) as (keyof typeof sent)[]) {
      await connection.subscribe(name, (event) => {
        seen[name] = event;
      });
      fake.hypervisor.emit(name, domain, sent[name]);
    }
    await caughtUp(connection);
    expect(seen).toEqual(
      Object.fromEntries(Object.entries(sent).map(([name, fields]) => [name, { domain, ...fields }])),
    );
  });

  it('that the daemon sends before its answer to the registration are not lost', async () => {
    const [connection, fake] = await connectedPair();
    const domain = fake.hypervisor.addDomain('m', 1);
    fake.overrides = {
      connectDomainEventCallbackRegisterAny: (_args, client) => {
        fake.hypervisor.sendEvent(client, 77, 'lifecycle', { domain, event: 2, detail: 0 });
        return 77;
      },
    };
    const seen: number[] = [];
    await connection.subscribe('lifecycle', ({ event }) => seen.push(event));
    expect(seen).toEqual([2]);
  });

  it('that nobody asked for end the connection', async () => {
    const [connection, fake] = await connectedPair();
    const domain = fake.hypervisor.addDomain('m', 1);
    fake.hypervisor.sendEvent(fake.client, 99, 'lifecycle', { domain, event: 2, detail: 0 });
    expect(await connection.closed).toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringMatching(/nobody asked for/),
    });
  });

  it('that nobody asked for end it too when they hid behind a registration that came to nothing', async () => {
    const [connection, fake] = await connectedPair({ maxInFlight: 1 });
    const domain = fake.hypervisor.addDomain('m', 1);
    fake.overrides = { connectGetHostname: () => new Promise(() => undefined) };
    const occupied = connection.call('connectGetHostname', {}).catch(() => undefined);
    const subscribing = connection.subscribe('lifecycle', () => undefined, { timeoutMs: 30 });
    fake.hypervisor.sendEvent(fake.client, 99, 'lifecycle', { domain, event: 2, detail: 0 });
    await expect(subscribing).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(await connection.closed).toMatchObject({ code: 'PROTOCOL' });
    await occupied;
  });

  it('that flood in before a registration is answered end the connection before they fill the memory', async () => {
    const [connection, fake] = await connectedPair();
    const domain = fake.hypervisor.addDomain('m', 1);
    const alias = 'x'.repeat(10_000);
    fake.overrides = {
      connectDomainEventCallbackRegisterAny: async (_args, client) => {
        while (!client.socket.destroyed) {
          fake.hypervisor.sendEvent(client, 99, 'deviceAdded', { domain, alias });
          await new Promise((resolve) => setImmediate(resolve));
        }
        return 99;
      },
    };
    await expect(connection.subscribe('deviceAdded', () => undefined)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      cause: { code: 'PROTOCOL' },
    });
  });

  it('that still come after unsubscribing are dropped', async () => {
    const [connection, fake] = await connectedPair();
    const domain = fake.hypervisor.addDomain('m', 1);
    const seen: unknown[] = [];
    const subscription = await connection.subscribe('lifecycle', (event) => seen.push(event));
    const [callbackId] = [...fake.hypervisor.registrations.keys()];
    await subscription.close();
    await subscription.close();
    expect(fake.hypervisor.registrations.size).toBe(0);
    fake.hypervisor.sendEvent(fake.client, callbackId as number, 'lifecycle', { domain, event: 2, detail: 0 });
    await caughtUp(connection);
    expect(seen).toEqual([]);
  });

  it('with the same wish share one registration, which goes with the last of them', async () => {
    const [connection, fake] = await connectedPair();
    const domain = fake.hypervisor.addDomain('m', 1);
    const counts = [0, 0];
    const first = await connection.subscribe('lifecycle', () => counts[0]!++);
    const second = await connection.subscribe('lifecycle', () => counts[1]!++);
    expect(fake.hypervisor.registrations.size).toBe(1);
    await connection.call('domainSuspend', { domain });
    await first.close();
    await connection.call('domainResume', { domain });
    await caughtUp(connection);
    expect(counts).toEqual([1, 2]);
    // The one who comes while the last one goes gets a registration of its own.
    const closing = second.close();
    const third = await connection.subscribe('lifecycle', () => counts[0]!++);
    await closing;
    await connection.call('domainSuspend', { domain });
    await caughtUp(connection);
    expect(counts).toEqual([2, 2]);
    await third.close();
    expect(fake.violations).toEqual([]);
  });

  it('are not touched by one listener that throws', async () => {
    const thrown: unknown[] = [];
    const [connection, fake] = await connectedPair({ onListenerError: (error) => thrown.push(error) });
    const domain = fake.hypervisor.addDomain('m', 1);
    let seen = 0;
    await connection.subscribe('lifecycle', () => {
      throw new Error('mine');
    });
    await connection.subscribe('lifecycle', () => seen++);
    await connection.call('domainSuspend', { domain });
    await caughtUp(connection);
    expect(seen).toBe(1);
    expect(thrown).toEqual([new Error('mine')]);
  });

  it('that the daemon refuses to register reject, and leave nothing behind', async () => {
    const [connection, fake] = await connectedPair();
    fake.overrides = {
      connectDomainQemuMonitorEventRegister: () => {
        throw new FakeFailure(3, 'this function is not supported by the connection driver');
      },
    };
    await expect(connection.subscribe('qemuMonitor', () => undefined)).rejects.toMatchObject({ code: 'NO_SUPPORT' });
    fake.overrides = {};
    await (await connection.subscribe('qemuMonitor', () => undefined)).close();
  });

  it('of a registration that was given up are taken back when it succeeds after all', async () => {
    const [connection, fake] = await connectedPair();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    fake.overrides = {
      connectDomainEventCallbackRegisterAny: async (_args, client) => {
        await gate;
        return fake.hypervisor.register(client, 'lifecycle', undefined);
      },
    };
    const subscribing = connection.subscribe('lifecycle', () => undefined, { timeoutMs: 20 });
    await expect(subscribing).rejects.toMatchObject({ code: 'TIMEOUT' });
    release();
    await expect.poll(() => fake.client.calls.at(-1), patient).toBe('connectDomainEventCallbackDeregisterAny');
    await expect.poll(() => fake.hypervisor.registrations.size, patient).toBe(0);
    await caughtUp(connection);
    expect(fake.violations).toEqual([]);
  });

  it('stop waiting at the signal, for the one who gave it', async () => {
    const [connection, fake] = await connectedPair();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const register = fake.hypervisor.handlers.connectDomainEventCallbackRegisterAny;
    fake.overrides = {
      connectDomainEventCallbackRegisterAny: async (args, client) => {
        await gate;
        return register?.(args, client) ?? 0;
      },
    };
    const abort = new AbortController();
    const impatient = connection.subscribe('lifecycle', () => undefined, { signal: abort.signal });
    const patient = connection.subscribe('lifecycle', () => undefined);
    abort.abort();
    await expect(impatient).rejects.toMatchObject({ code: 'ABORTED' });
    release();
    await patient;
    expect(fake.hypervisor.registrations.size).toBe(1);
  });

  it('tell that the daemon lost its hypervisor', async () => {
    const [connection, fake] = await connectedPair();
    const seen: number[] = [];
    await connection.subscribe('connectionClosed', ({ reason }) => seen.push(reason));
    fake.client.send({ procedure: 362, type: 2, body: Buffer.from([0, 0, 0, 1]) });
    await caughtUp(connection);
    expect(seen).toEqual([1]);
  });
});
