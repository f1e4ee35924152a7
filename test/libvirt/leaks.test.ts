import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/libvirt/connect.ts';
import { ReconnectingConnection } from '../../src/libvirt/reconnecting-connection.ts';
import { FakeLibvirtd } from '../fakes/libvirt/fake-libvirtd.ts';
import { thorough } from '../thorough.ts';

const cycles = thorough ? 1000 : 300;

let fake: FakeLibvirtd;

beforeEach(async () => {
  fake = await FakeLibvirtd.start();
  fake.hypervisor.addDomain('m', 1);
});

afterEach(() => fake[Symbol.asyncDispose]());

/** How much is held: descriptors of this process, and what keeps its event loop alive, by kind. */
function held(): Map<string, number> {
  const counts = new Map([['descriptor', readdirSync('/proc/self/fd').length]]);
  for (const kind of process.getActiveResourcesInfo())
    if (kind !== 'Immediate' && kind !== 'CloseReq') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** What is held now beyond what was: the runner's own timers may go meanwhile, but nothing may come. */
function grown(before: Map<string, number>): [string, number][] {
  return [...held()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
}

/** Waits by turning the event loop alone: what vitest waits with would be among the resources. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Listeners that the signal has now. */
function counted(signal: AbortSignal): () => number {
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  return () => listeners;
}

describe.skipIf(process.platform !== 'linux')(`${cycles} times`, { timeout: 120_000 }, () => {
  it('connecting, calling and closing leaves no descriptor, timer or listener', async () => {
    const { signal } = new AbortController();
    const listeners = counted(signal);
    const once = async (): Promise<void> => {
      await using connection = await connect(fake.uri, { signal });
      await connection.subscribe('lifecycle', () => undefined, { signal });
      await connection.call('connectListAllDomains', { need: 1, flags: 0 }, { signal });
    };
    await once();
    await until(() => fake.clients.size === 0);
    const before = held();
    for (let cycle = 0; cycle < cycles; cycle++) await once();
    await until(() => fake.clients.size === 0);
    expect(grown(before)).toEqual([]);
    expect(listeners()).toBe(0);
    expect(fake.hypervisor.registrations.size).toBe(0);
    expect(fake.violations).toEqual([]);
  });

  it('losing the daemon under load and coming back leaves no descriptor, timer or listener', async () => {
    const { signal } = new AbortController();
    const listeners = counted(signal);
    let events = 0;
    const codes = new Set<string>();
    const connection = new ReconnectingConnection(fake.uri, { minDelayMs: 1, maxDelayMs: 1, signal });
    await connection.subscribe('lifecycle', () => events++);
    const [domain] = [...fake.hypervisor.domains.values()].map(({ ref }) => ref);
    const once = async (): Promise<void> => {
      const open = await connection.ready({ signal });
      await connection.call('domainSuspend', { domain: domain! }, { signal });
      // Load: calls that wait, that are at the daemon, and one that is never answered.
      fake.overrides = { connectGetHostname: () => new Promise(() => undefined) };
      const calls = Array.from({ length: 8 }, () => open.call('connectGetHostname', {}, { signal }));
      const outcomes = Promise.allSettled(calls);
      for (const client of fake.clients) client.socket.destroy();
      for (const outcome of await outcomes) codes.add(outcome.status === 'rejected' ? outcome.reason.code : 'answered');
      fake.overrides = {};
    };
    await once();
    await connection.ready();
    const before = held();
    const listenersBefore = listeners();
    for (let cycle = 0; cycle < cycles; cycle++) await once();
    await connection.ready();
    await until(() => fake.clients.size === 1);
    expect(grown(before)).toEqual([]);
    expect(listeners()).toBe(listenersBefore);
    expect([...codes]).toEqual(['CONNECTION_LOST']);
    expect(events).toBe(1 + cycles);
    expect(fake.hypervisor.registrations.size).toBe(1);
    await connection.close();
    expect(listeners()).toBe(0);
    expect(fake.violations).toEqual([]);
  });
});
