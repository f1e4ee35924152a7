import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  checkLibvirtUri,
  findLibvirtUri,
  hostOf,
  isRemote,
  withoutSecrets,
} from '../../../src/machines/libvirt/link/address.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('a hypervisor’s address', () => {
  it('is shown without a password', () => {
    expect(withoutSecrets('qemu+ssh://root:secret@host/system')).toBe('qemu+ssh://root@host/system');
    expect(withoutSecrets('qemu+tls://:secret@host/system?x=1')).toBe('qemu+tls://host/system?x=1');
    expect(withoutSecrets('qemu:///system')).toBe('qemu:///system');
    expect(withoutSecrets('QEMU+SSH://root:a:b@host/system')).toBe('QEMU+SSH://root@host/system');
    expect(withoutSecrets('qemu+ssh://root:p@ss@host/system')).toBe('qemu+ssh://root@host/system');
    expect(withoutSecrets('qemu+ssh://host/system?x=a:b@c')).toBe('qemu+ssh://host/system?x=a:b@c');
  });

  it('tells whether our files are the hypervisor’s', () => {
    expect(['qemu:///system', 'test:///default', 'qemu+unix:///session'].map(isRemote)).toEqual([false, false, false]);
    expect(['qemu+ssh://h/system', 'qemu://h/system', 'qemu+tls://h/system'].map(isRemote)).toEqual([true, true, true]);
  });

  it('names the host until libvirt does', () => {
    expect(hostOf('qemu+ssh://example/system')).toBe('example');
    expect(hostOf('qemu:///system')).toBe(hostname());
    expect(hostOf('not a uri')).toBe(hostname());
  });

  it('is not found where no daemon listens', async () => {
    const folder = temporaryFolder();
    const nowhere = { socketDirectory: folder, runtimeDirectory: folder, homeDirectory: folder };
    expect(await findLibvirtUri(nowhere)).toBeNull();
  });

  it('is found where a daemon listens, with nothing asked of it', async () => {
    const folder = temporaryFolder();
    let bytes = 0;
    const server = createServer((socket) => {
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
    }).listen(join(folder, 'libvirt-sock'));
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const here = { socketDirectory: folder, runtimeDirectory: folder, homeDirectory: folder };
    expect(await findLibvirtUri(here)).toBe('qemu:///system');
    expect(bytes).toBe(0);
  });

  it('that leads nowhere is refused before anything dials it', () => {
    expect(() => checkLibvirtUri('qemu:///system')).not.toThrow();
    expect(() => checkLibvirtUri('libvirt')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^LIBVIRT_URI: /),
        hint: expect.stringContaining('qemu:///system'),
      }),
    );
    expect(() => checkLibvirtUri('qemu+telnet://root:secret@host/system')).toThrow(
      expect.objectContaining({
        message: 'LIBVIRT_URI: transport "telnet" of "qemu+telnet://root@host/system"',
      }),
    );
  });
});
