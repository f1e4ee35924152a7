import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/libvirt/connect.ts';
import type { Connection } from '../../src/libvirt/connection.ts';
import type { ConnectOptions } from '../../src/libvirt/connection-options.ts';
import { FakeLibvirtd, type FakeOptions } from '../fakes/libvirt/fake-libvirtd.ts';
import { FakeFailure } from '../fakes/libvirt/handlers.ts';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function pair(options: ConnectOptions = {}, fakeOptions: FakeOptions = {}): Promise<[Connection, FakeLibvirtd]> {
  const fake = await FakeLibvirtd.start(fakeOptions);
  opened.push(fake);
  const connection = await connect(fake.uri, options);
  opened.push(connection);
  return [connection, fake];
}

const failing = (code: string) => expect.objectContaining({ code });

describe('calls', () => {
  it('open in the order that the daemon insists on, and close with a goodbye', async () => {
    const [connection, fake] = await pair();
    const { client } = fake;
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    await connection.close();
    expect(client.calls).toEqual([
      'authList',
      'connectSupportsFeature',
      'connectOpen',
      'connectGetHostname',
      'connectClose',
    ]);
    expect(await connection.closed).toBe(undefined);
    expect(fake.violations).toEqual([]);
  });

  it('are matched by serial: answers may come in any order', async () => {
    const [connection, fake] = await pair();
    const gates = new Map<string, () => void>();
    fake.overrides = {
      domainLookupByName: async ({ name }) => {
        await new Promise<void>((resolve) => gates.set(name, resolve));
        return { name, uuid: '00000000-0000-4000-8000-000000000001', id: 1 };
      },
    };
    const names = ['a', 'b', 'c'];
    const calls = names.map((name) => connection.call('domainLookupByName', { name }));
    await expect.poll(() => gates.size).toBe(3);
    for (const name of ['c', 'a', 'b']) gates.get(name)?.();
    expect((await Promise.all(calls)).map(({ name }) => name)).toEqual(names);
  });

  it('a thousand at once are all answered, with no more at the daemon than it works on', async () => {
    const [connection, fake] = await pair();
    fake.hypervisor.addDomain('m', 1);
    const answers = await Promise.all(
      Array.from({ length: 1000 }, () => connection.call('domainLookupByName', { name: 'm' })),
    );
    expect(answers.every(({ name }) => name === 'm')).toBe(true);
    expect(fake.client.mostAtOnce).toBeLessThanOrEqual(4);
    expect(connection.load).toEqual({ waiting: 0, inFlight: 0, streams: 0 });
    expect(fake.violations).toEqual([]);
  });

  it('fail with libvirt’s own code, domain, level, text and errno', async () => {
    const [connection, fake] = await pair();
    fake.overrides = {
      domainCoreDumpWithFormat: () => {
        throw new FakeFailure(38, 'failed to create /x: Permission denied', { domain: 10, int1: 13 });
      },
      connectGetHostname: () => {
        throw new FakeFailure(777, 'a later libvirt');
      },
    };
    const domain = fake.hypervisor.addDomain('m', 1);
    await expect(
      connection.call('domainCoreDumpWithFormat', { domain, path: '/x', format: 0, flags: 16 }),
    ).rejects.toMatchObject({
      code: 'SYSTEM_ERROR',
      number: 38,
      domain: 10,
      level: 2,
      int1: 13,
      errno: 'EACCES',
      text: 'failed to create /x: Permission denied',
    });
    await expect(connection.call('connectGetHostname', {})).rejects.toMatchObject({ code: 'ERROR_777', number: 777 });
  });

  it('refuse a value that cannot be sent, and send nothing', async () => {
    const [connection, fake] = await pair();
    await expect(connection.call('domainLookupByName', { name: 'a\0b' })).rejects.toEqual(failing('INVALID_VALUE'));
    expect(fake.client.calls).not.toContain('domainLookupByName');
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
  });

  it('given up by time limit or signal drop their late answer, and the connection goes on', async () => {
    const [connection, fake] = await pair();
    let answer: (host: string) => void = () => undefined;
    const hold = () => new Promise<string>((resolve) => (answer = resolve));
    fake.overrides = { connectGetHostname: hold };
    await expect(connection.call('connectGetHostname', {}, { timeoutMs: 20 })).rejects.toEqual(failing('TIMEOUT'));
    answer('late');
    const abort = new AbortController();
    const aborted = connection.call('connectGetHostname', {}, { signal: abort.signal });
    await expect.poll(() => fake.client.calls.filter((name) => name === 'connectGetHostname').length).toBe(2);
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') });
    // Still at the daemon: its place is taken until the answer is here.
    expect(connection.load.inFlight).toBe(1);
    answer('late');
    await expect.poll(() => connection.load.inFlight).toBe(0);
    fake.overrides = {};
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    expect(fake.violations).toEqual([]);
  });

  it('with an aborted signal are not sent at all', async () => {
    const [connection, fake] = await pair();
    const call = connection.call('connectGetHostname', {}, { signal: AbortSignal.abort() });
    await expect(call).rejects.toEqual(failing('ABORTED'));
    expect(fake.client.calls).not.toContain('connectGetHostname');
  });

  it('that take long leave a place for short ones', async () => {
    const [connection, fake] = await pair();
    const domain = fake.hypervisor.addDomain('m', 1);
    const gates: (() => void)[] = [];
    fake.overrides = { domainCoreDumpWithFormat: () => new Promise((resolve) => gates.push(() => resolve(undefined))) };
    const dumps = Array.from({ length: 6 }, () =>
      connection.call('domainCoreDumpWithFormat', { domain, path: '/f', format: 0, flags: 16 }),
    );
    await expect.poll(() => gates.length).toBe(3);
    expect(await connection.call('domainGetState', { domain, flags: 0 })).toEqual({ state: 1, reason: 1 });
    expect(connection.load).toMatchObject({ waiting: 3, inFlight: 3 });
    for (let released = 0; released < 6; released++) {
      await expect.poll(() => gates.length).toBeGreaterThan(released);
      gates[released]?.();
    }
    await Promise.all(dumps);
  });

  it('beyond the limit of waiting ones are refused', async () => {
    const [connection, fake] = await pair({ maxWaiting: 2 });
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    fake.overrides = { connectGetHostname: () => gate.then(() => 'h') };
    const calls = Array.from({ length: 6 }, () => connection.call('connectGetHostname', {}));
    await expect(connection.call('connectGetHostname', {})).rejects.toEqual(failing('BUSY'));
    release();
    expect(await Promise.all(calls)).toHaveLength(6);
  });

  it('all fail when the daemon goes, waiting ones included, and so does every later one', async () => {
    const [connection, fake] = await pair();
    fake.overrides = { connectGetHostname: () => new Promise(() => undefined) };
    const calls = Array.from({ length: 9 }, () => connection.call('connectGetHostname', {}));
    const outcomes = Promise.allSettled(calls);
    await expect.poll(() => connection.load.inFlight).toBe(4);
    await fake.stop();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_LOST' } });
    expect(await connection.closed).toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(connection.call('connectGetHostname', {})).rejects.toEqual(failing('CONNECTION_LOST'));
  });

  it('fail with CLOSED after close(), which may be called again', async () => {
    const [connection, fake] = await pair();
    fake.overrides = { connectGetHostname: () => new Promise(() => undefined) };
    const call = connection.call('connectGetHostname', {});
    const outcome = expect(call).rejects.toEqual(failing('CLOSED'));
    await connection.close();
    await outcome;
    await connection.close();
    await expect(connection.call('connectGetHostname', {})).rejects.toEqual(failing('CLOSED'));
  });

  it('leave no listener on a signal that many of them share', async () => {
    const [connection] = await pair();
    const { signal } = new AbortController();
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
    await Promise.all(Array.from({ length: 50 }, () => connection.call('connectGetHostname', {}, { signal })));
    expect(listeners).toBe(0);
  });

  it('of QMP carry JSON both ways, exactly', async () => {
    const [connection, fake] = await pair();
    const domain = fake.hypervisor.addDomain('m', 1);
    const command = { execute: 'x', arguments: { address: 2n ** 60n + 1n, text: 'ü"' } };
    expect(await connection.qemuMonitorCommand(domain, command)).toEqual(command);
    fake.overrides = {
      domainQemuMonitorCommand: () =>
        '{"id":"libvirt-9","error":{"class":"CommandNotFound","desc":"The command x has not been found"}}',
    };
    await expect(connection.qemuMonitorCommand(domain, command)).rejects.toMatchObject({
      code: 'MONITOR_ERROR',
      text: 'x: The command x has not been found (CommandNotFound)',
    });
    await expect(connection.qemuMonitorCommand(domain, { execute: 'dump-guest-memory' })).rejects.toEqual(
      failing('REFUSED'),
    );
  });
});

describe('connecting', () => {
  it('asks polkit where the daemon wants it, and says what to do when it refuses', async () => {
    const fake = await FakeLibvirtd.start();
    opened.push(fake);
    fake.overrides = { authList: () => [2], authPolkit: () => 0 };
    opened.push(await connect(fake.uri));
    fake.overrides = {
      authList: () => [2],
      authPolkit: () => {
        throw new FakeFailure(94, "no polkit agent available to authenticate action 'org.libvirt.unix.manage'");
      },
    };
    await expect(connect(fake.uri)).rejects.toMatchObject({
      code: 'AUTH_UNAVAILABLE',
      number: 94,
      mend: expect.stringMatching(/polkit rule/),
    });
  });

  it('does not speak SASL, and says so', async () => {
    const fake = await FakeLibvirtd.start();
    opened.push(fake);
    fake.overrides = { authList: () => [1] };
    await expect(connect(fake.uri)).rejects.toMatchObject({
      code: 'AUTH_UNSUPPORTED',
      mend: expect.stringMatching(/SASL/),
    });
  });

  it('passes on what the daemon says of its hypervisor', async () => {
    const fake = await FakeLibvirtd.start();
    opened.push(fake);
    fake.overrides = {
      connectOpen: () => {
        throw new FakeFailure(5, 'no connection driver available for qemu:///system');
      },
    };
    await expect(connect(fake.uri)).rejects.toMatchObject({ code: 'NO_CONNECT', number: 5 });
    await expect.poll(() => fake.clients.size).toBe(0);
  });

  it('ends at its time limit and at its signal, and leaves no connection behind', async () => {
    const fake = await FakeLibvirtd.start();
    opened.push(fake);
    fake.freeze();
    await expect(connect(fake.uri, { connectTimeoutMs: 30 })).rejects.toEqual(failing('TIMEOUT'));
    const abort = new AbortController();
    const connecting = connect(fake.uri, { signal: abort.signal });
    await expect.poll(() => fake.accepted).toBe(2);
    abort.abort();
    await expect(connecting).rejects.toEqual(failing('ABORTED'));
    await expect(connect(fake.uri, { signal: AbortSignal.abort() })).rejects.toEqual(failing('ABORTED'));
    await expect.poll(() => fake.clients.size).toBe(0);
  });
});
