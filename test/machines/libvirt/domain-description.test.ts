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

  it.each([
    ['b', 1],
    ['bytes', 1],
    ['KB', 1_000],
    ['k', 1_024],
    ['KiB', 1_024],
    ['MB', 1_000_000],
    ['M', 1_048_576],
    ['MiB', 1_048_576],
    ['GB', 1_000_000_000],
    ['G', 1_073_741_824],
    ['GiB', 1_073_741_824],
    ['TB', 1_000_000_000_000],
    ['T', 1_099_511_627_776],
    ['TiB', 1_099_511_627_776],
    ['of a later libvirt', 1_024],
  ])('has memory in bytes, whatever its unit: %s', (unit, bytes) => {
    expect(describeDomain(`<domain><memory unit='${unit}'> 3 </memory></domain>`).memoryBytes).toBe(3 * bytes);
  });

  it('has what libvirt means where the XML leaves it out', () => {
    expect(describeDomain('<domain><memory>5</memory><vcpu> 3 </vcpu><title> </title></domain>')).toEqual({
      title: null,
      memoryBytes: 5_120,
      vcpus: 3,
      architecture: 'unknown',
      deviceStateBytes: 16 * 1_048_576 + 3 * 131_072,
      owner: null,
      snapshotObstacles: [],
      memoryObstacles: [],
    });
    expect(describeDomain('<domain/>')).toMatchObject({
      title: null,
      memoryBytes: 0,
      vcpus: 0,
      deviceStateBytes: 16 * 1_048_576,
    });
  });

  it('allows device state for every processor that there may be, and for what each virtio-gpu shows', () => {
    const video = (type: string): string => `<video><model type='${type}'/></video>`;
    const bytesOf = (devices: string): number => describeDomain(domain(devices)).deviceStateBytes;
    const usual = 16 * 1_048_576 + 4 * 131_072;
    expect(bytesOf(video('virtio') + video('qxl') + video('virtio'))).toBe(usual + 2 * 272 * 1_048_576);
    expect(bytesOf(`${video('qxl')}<video/>`)).toBe(usual);
  });

  it.each([
    ["<interface type='network'/><interface type='bridge'/>", 'an ordinary network'],
    ["<disk type='file' device='disk'/><disk type='network'/>", 'ordinary disks'],
    ["<filesystem type='mount'><driver type='path'/></filesystem><filesystem type='mount'/>", 'a 9p share'],
    ["<video><driver name='qemu'/></video><video/>", 'a usual display'],
    ["<crypto model='virtio'><backend model='builtin'/></crypto><crypto/>", 'a crypto device of QEMU’s own'],
    ["<memory model='dimm'/><memory model='nvdimm'/>", 'plugged memory'],
  ])('finds nothing in the way of a snapshot in what QEMU itself writes: %s', (devices) => {
    expect(describeDomain(domain(devices)).snapshotObstacles).toEqual([]);
  });

  it.each([
    ["<interface type='hostdev'/>", /passed-through/],
    ["<disk type='vhostvdpa' device='disk'/>", /vhost-user/],
    ["<crypto model='virtio'><backend model='vhostuser'/></crypto>", /vhost-user/],
  ])('finds those too that have more than one name: %s', (device, sentence) => {
    expect(describeDomain(domain(device)).snapshotObstacles).toEqual([expect.stringMatching(sentence)]);
  });

  it('finds one among many, and says each obstacle once', () => {
    const devices =
      "<interface type='network'/><interface type='vdpa'/><hostdev/><hostdev/><shmem/><disk type='file'/>";
    expect(describeDomain(domain(devices)).snapshotObstacles).toHaveLength(2);
  });

  it.each(['vfio-pci', 'vhost-user-fs', 'vhost-vdpa', 'ivshmem-plain', 'virtio-mem-pci'])(
    'finds %s among the words that QEMU is started with',
    (device) => {
      const line = `<qemu:commandline><qemu:arg/><qemu:arg value='${device}'/><qemu:arg value='-S'/></qemu:commandline>`;
      expect(describeDomain(domain('', line)).snapshotObstacles).toHaveLength(1);
    },
  );

  it.each([
    ['x86_64', 0],
    ['i686', 0],
    ['aarch64', 0],
    ['s390x', 1],
    ['ppc64', 1],
  ])('says of which processors the memory is understood: %s', (architecture, count) => {
    const { memoryObstacles } = describeDomain(domain().replace('x86_64', architecture));
    expect(memoryObstacles).toHaveLength(count);
    if (count > 0) expect(memoryObstacles[0]).toContain(`The memory of ${architecture} guests`);
  });

  it('knows the owner by the DAC label alone, whichever stands first', () => {
    const label = (model: string, text: string) => `<seclabel model='${model}'><label> ${text} </label></seclabel>`;
    const ownerOf = (labels: string) => describeDomain(`<domain>${labels}</domain>`).owner;
    expect(ownerOf(label('selinux', '+1:+2') + label('dac', '+3:+4'))).toEqual({ user: 3, group: 4 });
    expect(ownerOf(label('selinux', '+1:+2'))).toBeNull();
    expect(ownerOf("<seclabel model='dac'/>")).toBeNull();
    expect(ownerOf(label('dac', '3:4'))).toBeNull();
  });
});
