import { describe, expect, it } from 'vitest';
import { describeDomain } from '../../../src/machines/libvirt/inventory/domain-description.ts';

/** The shape of a running domain's XML as libvirt 11.3 prints it, with what is asked about. */
const domain = (devices = '', more = ''): string => `<domain type='kvm' id='7'>
  <name>x</name><title>A &amp; B</title>
  <metadata><app:hostdev xmlns:app='urn:x'>mine</app:hostdev></metadata>
  <memory unit='KiB'>1048576</memory><currentMemory unit='KiB'>524288</currentMemory>
  <vcpu placement='static' current='2'>4</vcpu>
  <os><type arch='x86_64' machine='pc-q35-10.0'>hvm</type></os>
  ${more}
  <devices>${devices}</devices>
  <seclabel type='dynamic' model='apparmor' relabel='yes'><label>libvirt-1</label></seclabel>
  <seclabel type='dynamic' model='dac' relabel='yes'><label>+64055:+108</label></seclabel>
</domain>`;

describe('a domain’s description', () => {
  it('has what machines show, and who its QEMU runs as', () => {
    expect(describeDomain(domain())).toEqual({
      title: 'A & B',
      memoryBytes: 2 ** 30,
      vcpus: 2,
      architecture: 'x86_64',
      deviceStateBytes: (16 << 20) + (4 << 17),
      owner: { user: 64055, group: 108 },
      snapshotObstacles: [],
      memoryObstacles: [],
    });
  });

  it.each([
    ["<hostdev mode='subsystem' type='pci'/>", /passed-through/],
    ["<interface type='vdpa'/>", /passed-through/],
    ["<interface type='vhostuser'/>", /vhost-user/],
    ["<disk type='vhostuser' device='disk'/>", /vhost-user/],
    ["<filesystem type='mount'><driver type='virtiofs'/></filesystem>", /virtiofs/],
    ["<video><driver name='vhostuser'/></video>", /vhost-user/],
    ["<shmem name='s'/>", /shmem/],
    ["<memory model='virtio-mem'/>", /virtio-mem/],
  ])('finds what writes past a snapshot’s protection: %s', (device, sentence) => {
    const { snapshotObstacles, memoryObstacles } = describeDomain(domain(device));
    expect(snapshotObstacles).toEqual([expect.stringMatching(sentence)]);
    expect(memoryObstacles).toEqual([]);
  });

  it.each([
    ["<memoryBacking><source type='file'/></memoryBacking>", 1],
    ["<memoryBacking><source type='memfd'/></memoryBacking>", 0],
    ["<memoryBacking><hugepages/><source type='file'/></memoryBacking>", 0],
    ["<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='vfio-pci,host=1'/></qemu:commandline>", 1],
    ["<qemu:commandline><qemu:arg value='-no-hpet'/></qemu:commandline>", 0],
  ])('finds memory that cannot be protected: %s', (more, count) => {
    expect(describeDomain(domain('', more)).snapshotObstacles).toHaveLength(count);
  });

  it('says that encrypted memory is worth nothing', () => {
    expect(describeDomain(domain('', "<launchSecurity type='sev'/>")).memoryObstacles).toHaveLength(1);
  });

  it('knows no owner where libvirt names one that it does not number', () => {
    expect(describeDomain(domain().replace('+64055:+108', 'qemu:qemu')).owner).toBeNull();
  });
});
