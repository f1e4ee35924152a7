import { describe, expect, it } from 'vitest';
import { findLibvirtUri, hostOf, isRemote, withoutSecrets } from '../../../src/machines/libvirt/link/address.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

describe('a hypervisor’s address', () => {
  it('is shown without a password', () => {
    expect(withoutSecrets('qemu+ssh://root:secret@host/system')).toBe('qemu+ssh://root@host/system');
    expect(withoutSecrets('qemu+tls://:secret@host/system?x=1')).toBe('qemu+tls://host/system?x=1');
    expect(withoutSecrets('qemu:///system')).toBe('qemu:///system');
  });

  it('tells whether our files are the hypervisor’s', () => {
    expect(['qemu:///system', 'test:///default', 'qemu+unix:///session'].map(isRemote)).toEqual([false, false, false]);
    expect(['qemu+ssh://h/system', 'qemu://h/system', 'qemu+tls://h/system'].map(isRemote)).toEqual([true, true, true]);
  });

  it('names the host until libvirt does', () => {
    expect(hostOf('qemu+ssh://example/system')).toBe('example');
    expect(hostOf('not a uri')).not.toBe('');
  });

  it('is not found where no daemon listens', async () => {
    const folder = temporaryFolder();
    const nowhere = { socketDirectory: folder, runtimeDirectory: folder, homeDirectory: folder };
    expect(await findLibvirtUri(nowhere)).toBeNull();
  });
});
