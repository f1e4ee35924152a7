import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import type { StreamPart } from '../../src/libvirt/rpc/stream-port.ts';
import { connectedPair } from '../fakes/libvirt/connected-pair.ts';
import { FakeClient } from '../fakes/libvirt/fake-client.ts';
import { FakeFailure } from '../fakes/libvirt/handlers.ts';
import { patient } from '../fakes/libvirt/patient.ts';
import { joined, noise } from '../fakes/libvirt/volume-bytes.ts';
import { wireStatus } from '../fakes/libvirt/wire.ts';

const volume = { pool: 'default', name: 'disk', key: '/disk' };

describe('uploads', () => {
  it.each([0, 1, 262_120, 262_121, 3_000_000])('send %i bytes in packets that the daemon takes', async (length) => {
    const [connection, fake] = await connectedPair();
    await pipeline(Readable.from([noise(length)]), await connection.upload(volume));
    expect(fake.hypervisor.volumes.get('disk')?.equals(noise(length))).toBe(true);
    expect(connection.load.streams).toBe(0);
    expect(fake.violations).toEqual([]);
  });

  it('send holes as their length when they are sparse, and refuse them when not', async () => {
    const [connection, fake] = await connectedPair();
    const parts: StreamPart[] = [noise(1000), { holeBytes: 1_000_000n }, noise(5)];
    await pipeline(Readable.from(parts), await connection.upload(volume, { sparse: true }));
    expect(fake.hypervisor.volumes.get('disk')?.equals(joined(parts))).toBe(true);
    expect(fake.client.socket.bytesRead).toBeLessThan(100_000);
  });

  it('never send more than they announced: libvirtd 11.3 dies of it', async () => {
    const [connection, fake] = await connectedPair();
    const beyond: readonly (readonly [StreamPart[], boolean])[] = [
      [[noise(700), noise(301)], false],
      [[noise(999), { holeBytes: 2n }], true],
    ];
    for (const [parts, sparse] of beyond) {
      const sending = pipeline(Readable.from(parts), await connection.upload(volume, { length: 1000n, sparse }));
      await expect(sending).rejects.toMatchObject({
        code: 'INVALID_VALUE',
        message: 'an upload of 1000 bytes was given 1001: announce the length that it has, or none',
      });
      // Aborted at the daemon, so that nothing there looks complete.
      await expect.poll(() => connection.load.streams, patient).toBe(0);
      expect(fake.hypervisor.volumes.has('disk')).toBe(false);
    }
    await pipeline(Readable.from([noise(700), noise(300)]), await connection.upload(volume, { length: 1000n }));
    expect(fake.hypervisor.volumes.get('disk')?.length).toBe(1000);
    expect(fake.violations).toEqual([]);
  });

  it('fail with the error of the daemon, in mid-stream and at the end', async () => {
    const [connection, fake] = await connectedPair();
    const full = FakeClient.errorBytes(new FakeFailure(38, 'cannot write: No space left on device', { int1: 28 }));
    const failAt = (when: number) => {
      fake.overrides = {
        storageVolUpload: (_args, client) => {
          const { serial } = client;
          client.streams.set(serial, {
            packet: ({ status }) => {
              if (status !== when) return;
              client.streams.delete(serial);
              client.streamPacket('storageVolUpload', serial, wireStatus.error, full);
            },
          });
        },
      };
    };
    for (const when of [wireStatus.continue, wireStatus.ok]) {
      failAt(when);
      const source = Readable.from([noise(600_000), noise(600_000), noise(600_000)]);
      const sending = pipeline(source, await connection.upload(volume));
      await expect(sending).rejects.toMatchObject({ code: 'SYSTEM_ERROR', errno: 'ENOSPC' });
    }
    expect(connection.load.streams).toBe(0);
    expect(await connection.call('connectGetHostname', {})).toBe('fake');
    expect(fake.violations).toEqual([]);
  });

  it('are aborted at the daemon when signalled: nothing that looks complete is left', async () => {
    const [connection, fake] = await connectedPair();
    const abort = new AbortController();
    const upload = await connection.upload(volume, { signal: abort.signal });
    upload.write(noise(1000));
    const failed = new Promise((resolve) => upload.once('error', resolve));
    abort.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    await expect.poll(() => connection.load.streams, patient).toBe(0);
    expect(fake.hypervisor.volumes.has('disk')).toBe(false);
    expect(fake.client.streams.size).toBe(0);
  });

  it('wait for a daemon that does not read: what is in memory stays bounded', async () => {
    const [connection, fake] = await connectedPair();
    const upload = await connection.upload(volume);
    fake.client.socket.pause();
    let taken = 0;
    const piece = noise(64 * 1024);
    const source = Readable.from(
      (function* () {
        for (; taken < 2000; taken++) yield piece;
      })(),
    );
    const sending = pipeline(source, upload);
    let before = -1;
    await expect
      .poll(
        () => {
          const still = taken === before;
          before = taken;
          return still && taken > 0;
        },
        { interval: 50, timeout: 10_000 },
      )
      .toBe(true);
    expect(taken).toBeLessThan(100);
    fake.client.socket.resume();
    await sending;
    expect(fake.hypervisor.volumes.get('disk')?.length).toBe(2000 * 64 * 1024);
  });
});
