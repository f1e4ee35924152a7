import { describe, expect, it } from 'vitest';
import { connectedPair } from '../fakes/libvirt/connected-pair.ts';
import { FakeFailure } from '../fakes/libvirt/handlers.ts';
import { patient } from '../fakes/libvirt/patient.ts';

const failing = (code: string) => expect.objectContaining({ code });

describe('calls', () => {
  it('open in the order that the daemon insists on, and close with a goodbye', async () => {
    const [connection, fake] = await connectedPair();
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
    const [connection, fake] = await connectedPair();
    const gates = new Map<string, () => void>();
    fake.overrides = {
      domainLookupByName: async ({ name }) => {
        await new Promise<void>((resolve) => gates.set(name, resolve));
        return { name, uuid: '00000000-0000-4000-8000-000000000001', id: 1 };
      },
    };
    const names = ['a', 'b', 'c'];
    const calls = names.map((name) => connection.call('domainLookupByName', { name }));
    await expect.poll(() => gates.size, patient).toBe(3);
    for (const name of ['c', 'a', 'b']) gates.get(name)?.();
    expect((await Promise.all(calls)).map(({ name }) => name)).toEqual(names);
  });

  it('a thousand at once are all answered, with no more at the daemon than it works on', async () => {
    const [connection, fake] = await connectedPair();
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
    const [connection, fake] = await connectedPair();
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
    const [connection, fake] = await connectedPair();
    await expect(connection.call('domainLookupByName', { name: 'a\0b' })).rejects.toEqual(failing('INVALID_VALUE'));
    expect(fake.client.calls).not.toContain('domainLookupByName');
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
  });

  it('given up by time limit or signal drop their late answer, and the connection goes on', async () => {
    const [connection, fake] = await connectedPair();
    let answer: (host: string) => void = () => undefined;
    const hold = () => new Promise<string>((resolve) => (answer = resolve));
    fake.overrides = { connectGetHostname: hold };
    await expect(connection.call('connectGetHostname', {}, { timeoutMs: 20 })).rejects.toEqual(failing('TIMEOUT'));
    answer('late');
    const abort = new AbortController();
    const aborted = connection.call('connectGetHostname', {}, { signal: abort.signal });
    await expect.poll(() => fake.client.calls.filter((name) => name === 'connectGetHostname').length, patient).toBe(2);
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', cause: new Error('enough') });
    // Still at the daemon: its place is taken until the answer is here.
    expect(connection.load.inFlight).toBe(1);
    answer('late');
    await expect.poll(() => connection.load.inFlight, patient).toBe(0);
    fake.overrides = {};
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    expect(fake.violations).toEqual([]);
  });

  it('that time out before they were sent say that nothing was done', async () => {
    const [connection, fake] = await connectedPair({ maxInFlight: 1 });
    fake.overrides = { connectGetHostname: () => new Promise(() => undefined) };
    const sent = connection.call('connectGetHostname', {}, { timeoutMs: 30 });
    const waiting = connection.call('connectGetLibVersion', {}, { timeoutMs: 30 });
    await expect(sent).rejects.toMatchObject({ code: 'TIMEOUT', text: expect.stringMatching(/no answer/) });
    await expect(waiting).rejects.toMatchObject({ code: 'TIMEOUT', mend: expect.stringMatching(/nothing was done/) });
    expect(fake.client.calls).not.toContain('connectGetLibVersion');
    expect(connection.load).toEqual({ waiting: 0, inFlight: 1, streams: 0 });
  });

  it('with an aborted signal are not sent at all', async () => {
    const [connection, fake] = await connectedPair();
    const call = connection.call('connectGetHostname', {}, { signal: AbortSignal.abort() });
    await expect(call).rejects.toEqual(failing('ABORTED'));
    expect(fake.client.calls).not.toContain('connectGetHostname');
  });

  it('that take long leave a place for short ones', async () => {
    const [connection, fake] = await connectedPair();
    const domain = fake.hypervisor.addDomain('m', 1);
    const gates: (() => void)[] = [];
    fake.overrides = { domainCoreDumpWithFormat: () => new Promise((resolve) => gates.push(() => resolve(undefined))) };
    const dumps = Array.from({ length: 6 }, () =>
      connection.call('domainCoreDumpWithFormat', { domain, path: '/f', format: 0, flags: 16 }),
    );
    await expect.poll(() => gates.length, patient).toBe(3);
    expect(await connection.call('domainGetState', { domain, flags: 0 })).toEqual({ state: 1, reason: 1 });
    expect(connection.load).toMatchObject({ waiting: 3, inFlight: 3 });
    for (let released = 0; released < 6; released++) {
      await expect.poll(() => gates.length, patient).toBeGreaterThan(released);
      gates[released]?.();
    }
    await Promise.all(dumps);
  });

  it('beyond the limit of waiting ones are refused', async () => {
    const [connection, fake] = await connectedPair({ maxWaiting: 2 });
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    fake.overrides = { connectGetHostname: () => gate.then(() => 'h') };
    const calls = Array.from({ length: 6 }, () => connection.call('connectGetHostname', {}));
    await expect(connection.call('connectGetHostname', {})).rejects.toEqual(failing('BUSY'));
    release();
    expect(await Promise.all(calls)).toHaveLength(6);
  });

  it('all fail when the daemon goes, waiting ones included, and so does every later one', async () => {
    const [connection, fake] = await connectedPair();
    fake.overrides = { connectGetHostname: () => new Promise(() => undefined) };
    const calls = Array.from({ length: 9 }, () => connection.call('connectGetHostname', {}));
    const outcomes = Promise.allSettled(calls);
    await expect.poll(() => connection.load.inFlight, patient).toBe(4);
    await fake.stop();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_LOST' } });
    expect(await connection.closed).toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(connection.call('connectGetHostname', {})).rejects.toEqual(failing('CONNECTION_LOST'));
  });

  it('fail with CLOSED after close(), which may be called again', async () => {
    const [connection, fake] = await connectedPair();
    fake.overrides = { connectGetHostname: () => new Promise(() => undefined) };
    const call = connection.call('connectGetHostname', {});
    const outcome = expect(call).rejects.toEqual(failing('CLOSED'));
    await connection.close();
    await outcome;
    await connection.close();
    await expect(connection.call('connectGetHostname', {})).rejects.toEqual(failing('CLOSED'));
  });

  it('leave no listener on a signal that many of them share', async () => {
    const [connection] = await connectedPair();
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
});
