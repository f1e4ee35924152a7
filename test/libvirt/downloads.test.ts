import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { isHole, type StreamPart } from '../../src/libvirt/rpc/stream-port.ts';
import { connectedPair } from '../fakes/libvirt/connected-pair.ts';
import { FakeClient } from '../fakes/libvirt/fake-client.ts';
import { FakeFailure } from '../fakes/libvirt/handlers.ts';
import { patient } from '../fakes/libvirt/patient.ts';
import { joined, noise } from '../fakes/libvirt/volume-bytes.ts';
import { wireStatus, wireType } from '../fakes/libvirt/wire.ts';

const volume = { pool: 'default', name: 'disk', key: '/disk' };

describe('downloads', () => {
  it.each([0, 1, 262_120, 262_121, 3_000_000])(
    'bring %i bytes as they are, and end with the handshake',
    async (length) => {
      const [connection, fake] = await connectedPair();
      fake.hypervisor.volumes.set('disk', noise(length));
      const bytes = await buffer(await connection.download(volume));
      expect(bytes.equals(noise(length))).toBe(true);
      expect(connection.load.streams).toBe(0);
      expect(fake.client.streams.size).toBe(0);
      expect(fake.violations).toEqual([]);
    },
  );

  it('bring a part, and several at once keep apart', async () => {
    const [connection, fake] = await connectedPair();
    fake.hypervisor.volumes.set('disk', noise(1_000_000));
    const part = await connection.download(volume, { offset: 1000n, length: 5000n });
    const whole = await connection.download(volume);
    const [first, second] = await Promise.all([buffer(part), buffer(whole)]);
    expect(first.equals(noise(1_000_000).subarray(1000, 6000))).toBe(true);
    expect(second.equals(noise(1_000_000))).toBe(true);
  });

  it('that are sparse bring holes as their length', async () => {
    const [connection, fake] = await connectedPair();
    const image = Buffer.concat([noise(100_000), Buffer.alloc(5_000_000), noise(70_000), Buffer.alloc(900_000)]);
    fake.hypervisor.volumes.set('disk', image);
    const parts = (await (await connection.download(volume, { sparse: true })).toArray()) as StreamPart[];
    expect(joined(parts).equals(image)).toBe(true);
    expect(parts.filter(isHole).length).toBeGreaterThanOrEqual(2);
    expect(parts.filter((part) => !isHole(part)).reduce((sum, part) => sum + (part as Buffer).length, 0)).toBeLessThan(
      500_000,
    );
  });

  it('refuse to open what is not there', async () => {
    const [connection] = await connectedPair();
    await expect(connection.download(volume)).rejects.toMatchObject({ code: 'NO_STORAGE_VOL' });
    expect(connection.load.streams).toBe(0);
  });

  it('fail with the error of the daemon in mid-stream, and the connection goes on', async () => {
    const [connection, fake] = await connectedPair();
    fake.overrides = {
      storageVolDownload: (_args, client) => {
        const { serial } = client;
        setImmediate(() => {
          client.streamPacket('storageVolDownload', serial, wireStatus.continue, noise(100));
          const error = FakeClient.errorBytes(new FakeFailure(38, 'cannot read: Input/output error', { int1: 5 }));
          client.streamPacket('storageVolDownload', serial, wireStatus.error, error);
        });
      },
    };
    const download = await connection.download(volume);
    await expect(buffer(download)).rejects.toMatchObject({ code: 'SYSTEM_ERROR', errno: 'EIO' });
    expect(connection.load.streams).toBe(0);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
  });

  it('are aborted at the daemon when destroyed or signalled, and what was under way is dropped', async () => {
    const [connection, fake] = await connectedPair();
    fake.hypervisor.volumes.set('disk', noise(20_000_000));
    const abort = new AbortController();
    const signalled = await connection.download(volume, { signal: abort.signal });
    const reading = buffer(signalled);
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
    const destroyed = await connection.download(volume);
    destroyed.destroy();
    await expect.poll(() => connection.load.streams, patient).toBe(0);
    expect(fake.client.streams.size).toBe(0);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    expect(fake.violations).toEqual([]);
  });

  it('that were given up before the answer are aborted when it comes', async () => {
    const [connection, fake] = await connectedPair();
    fake.hypervisor.volumes.set('disk', noise(5_000_000));
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const open = fake.hypervisor.handlers.storageVolDownload;
    fake.overrides = {
      storageVolDownload: async (args, client) => {
        const { serial } = client;
        await gate;
        client.serial = serial;
        return open?.(args, client);
      },
    };
    const opening = connection.download(volume, { timeoutMs: 20 });
    await expect(opening).rejects.toMatchObject({ code: 'TIMEOUT' });
    release();
    await expect.poll(() => fake.client.streams.size + connection.load.inFlight, patient).toBe(0);
    await expect.poll(() => connection.load.streams, patient).toBe(0);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    expect(fake.violations).toEqual([]);
  });

  it('whose reader stands still stop the daemon, and hold a bounded amount, and stay alive', async () => {
    const [connection, fake] = await connectedPair({ keepaliveIntervalMs: 10, keepaliveCount: 1 });
    const image = noise(64 * 1024 * 1024);
    fake.hypervisor.volumes.set('disk', image);
    const download = await connection.download(volume);
    const { client } = fake;
    let sent = -1;
    await expect
      .poll(
        () => {
          const before = sent;
          sent = client.socket.bytesWritten;
          // The answers to our PINGs go on.
          return sent - before < 65_536 && sent > 1_000_000;
        },
        { interval: 50, timeout: 10_000 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(8 * 1024 * 1024);
    // Nothing is read, so nothing proves that the daemon lives: it must not be given up for that, and our PINGs go on.
    await expect.poll(() => client.pings, patient).toBeGreaterThan(10);
    expect((await buffer(download)).equals(image)).toBe(true);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
  });

  it('whose packets come before the reply, as libvirt 9.0 may send them, lose none', async () => {
    const [connection, fake] = await connectedPair();
    const early = (last: number, body?: Buffer) => {
      fake.overrides = {
        storageVolDownload: (_args, client) => {
          const { serial } = client;
          client.streamPacket('storageVolDownload', serial, wireStatus.continue, noise(500_000));
          client.streamPacket('storageVolDownload', serial, last, body);
          client.streams.set(serial, {
            packet: () => client.streamPacket('storageVolDownload', serial, wireStatus.ok),
          });
        },
      };
    };
    early(wireStatus.continue);
    expect((await buffer(await connection.download(volume))).equals(noise(500_000))).toBe(true);
    early(wireStatus.error, FakeClient.errorBytes(new FakeFailure(38, 'cannot read', { int1: 5 })));
    await expect(connection.download(volume).then((stream) => buffer(stream))).rejects.toMatchObject({ errno: 'EIO' });
    expect(connection.load.streams).toBe(0);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    expect(fake.violations).toEqual([]);
  });

  it('that run without ever being opened end the connection before they fill the memory', async () => {
    const [connection, fake] = await connectedPair();
    fake.overrides = {
      storageVolDownload: async (_args, client) => {
        const { serial } = client;
        const packet = noise(1_000_000);
        while (!client.socket.destroyed) {
          client.streamPacket('storageVolDownload', serial, wireStatus.continue, packet);
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    };
    await expect(connection.download(volume)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await connection.closed).toMatchObject({ code: 'PROTOCOL', message: expect.stringMatching(/ever being/) });
  });

  it('whose listener throws fail by themselves: the connection is not to blame', async () => {
    const [connection, fake] = await connectedPair();
    fake.hypervisor.volumes.set('disk', noise(5_000_000));
    const download = await connection.download(volume);
    const failed = new Promise((resolve) => download.once('error', resolve));
    let parts = 0;
    download.on('data', () => {
      if (++parts === 3) throw new Error('mine');
    });
    expect(await failed).toEqual(new Error('mine'));
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
  });

  it('fail when the connection goes', async () => {
    const [connection, fake] = await connectedPair();
    fake.hypervisor.volumes.set('disk', noise(20_000_000));
    const reading = buffer(await connection.download(volume));
    const outcome = expect(reading).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await fake.stop();
    await outcome;
  });

  it.each([
    ['a hole in a stream that is not sparse', wireType.hole, wireStatus.continue, Buffer.alloc(12)],
    ['an end before the end', wireType.stream, wireStatus.ok, undefined],
  ])('end the connection at %s', async (_what, type, status, body) => {
    const [connection, fake] = await connectedPair();
    fake.overrides = {
      storageVolDownload: (_args, client) => {
        const { serial } = client;
        setImmediate(() => client.streamPacket('storageVolDownload', serial, status, body, type));
      },
    };
    const reading = buffer(await connection.download(volume));
    await expect(reading).rejects.toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'PROTOCOL' } });
    expect(await connection.closed).toMatchObject({ code: 'PROTOCOL' });
  });
});
