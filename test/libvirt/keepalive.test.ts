import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/libvirt/connect.ts';
import { connectedPair, fakeDaemon } from '../fakes/libvirt/connected-pair.ts';
import { patient } from '../fakes/libvirt/patient.ts';
import { wire, wireProgram, wireType } from '../fakes/libvirt/wire.ts';
import { heldBytes } from '../held-memory.ts';
import { thorough } from '../thorough.ts';

describe('keepalive', () => {
  it('answers each PING of the daemon with a PONG', async () => {
    const [, fake] = await connectedPair();
    const { client } = fake;
    for (let ping = 0; ping < 3; ping++) client.ping();
    await expect.poll(() => client.pongs, patient).toBe(3);
    expect(fake.violations).toEqual([]);
  });

  it('asks a silent daemon, and goes on when it answers', async () => {
    const [connection, fake] = await connectedPair({ keepaliveIntervalMs: 10, keepaliveCount: 2 });
    const { client } = fake;
    await expect.poll(() => client.pings, patient).toBeGreaterThan(5);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
  });

  it('gives up a daemon that hangs though its socket stays open', async () => {
    const [connection, fake] = await connectedPair({ keepaliveIntervalMs: 10, keepaliveCount: 2 });
    fake.freeze();
    const call = connection.call('connectGetHostname', {});
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'DAEMON_SILENT' } });
    expect(await connection.closed).toMatchObject({ code: 'DAEMON_SILENT', mend: expect.any(String) });
    await expect.poll(() => fake.clients.size, patient).toBe(0);
  });

  it('is not asked for where the daemon has none, and never starts with an interval of 0', async () => {
    const fake = await fakeDaemon();
    fake.overrides = { connectSupportsFeature: () => 0 };
    const without = await connect(fake.uri, { keepaliveIntervalMs: 5, keepaliveCount: 1 });
    const first = fake.client;
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(first.pings).toBe(0);
    await without.close();
    fake.overrides = {};
    await expect.poll(() => fake.clients.size, patient).toBe(0);
    const never = await connect(fake.uri, { keepaliveIntervalMs: 0 });
    onTestFinished(() => never.close());
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(fake.client.pings).toBe(0);
  });

  it('does not pile up PONGs for a daemon that pings and does not read', async () => {
    const [connection, fake] = await connectedPair();
    const { client } = fake;
    client.socket.pause();
    const rounds = thorough ? 100 : 50;
    const before = heldBytes();
    const ping = wire({ program: wireProgram.keepalive, procedure: 1, type: wireType.message });
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => ping));
    for (let round = 0; round < rounds; round++)
      await new Promise<void>((resolve) => client.socket.write(many, () => resolve()));
    // A million PONGs would be 28 MB of bytes already, in as many buffers that each weigh more than that.
    await expect.poll(() => heldBytes() - before).toBeLessThan(40 * 1024 * 1024);
    client.socket.resume();
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
  });
});
