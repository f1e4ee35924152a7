import { describe, expect, it } from 'vitest';
import { connectedPair } from '../fakes/libvirt/connected-pair.ts';

const failing = (code: string) => expect.objectContaining({ code });

describe('the passage to QEMU’s monitor', () => {
  it('carries JSON both ways, exactly, and QEMU’s errors as errors', async () => {
    const [connection, fake] = await connectedPair();
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
