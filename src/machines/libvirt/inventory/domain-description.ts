import { parseXml, type XmlElement, xmlElement, xmlElements } from '../../../libvirt/xml.ts';

/** What a domain's XML says that is of use here. */
export interface DomainDescription {
  readonly title: string | null;
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** As libvirt spells it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  /** Most that QEMU's state of its devices comes to: what follows the memory in a snapshot. */
  readonly deviceStateBytes: number;
  /** The user and group that its QEMU runs as, where libvirt chose them (the DAC label of a running domain). */
  readonly owner: { readonly user: number; readonly group: number } | null;
  /** What stands in the way of a snapshot, a sentence each: things that QEMU itself does not always refuse. */
  readonly snapshotObstacles: readonly string[];
  /** What makes any image of its memory worthless. */
  readonly memoryObstacles: readonly string[];
}

/** Reads the XML that `domainGetXmlDesc` answers. Throws a SyntaxError if it is none. */
export function describeDomain(xml: string): DomainDescription {
  const domain = parseXml(xml);
  const vcpu = xmlElement(domain, 'vcpu');
  const title = xmlElement(domain, 'title')?.text.trim() ?? '';
  return {
    title: title === '' ? null : title,
    memoryBytes: bytesOf(xmlElement(domain, 'memory')),
    vcpus: Number(vcpu?.attributes.get('current') ?? vcpu?.text.trim() ?? 0),
    architecture: xmlElement(domain, 'os', 'type')?.attributes.get('arch') ?? 'unknown',
    deviceStateBytes: deviceStateBytes(domain),
    owner: ownerOf(domain),
    snapshotObstacles: snapshotObstacles(domain),
    memoryObstacles: memoryObstacles(domain),
  };
}

/** Device state of usual guests is 100 KB; a processor brings 25 KB, and more with its nested state or wide registers. */
const usualDeviceBytes = 16 * 2 ** 20;
const processorBytes = 128 * 2 ** 10;
/** virtio-gpu saves what it shows: as much as it may keep on the host for its guest (`max_hostmem`, 256 MiB). */
const virtioGpuBytes = 272 * 2 ** 20;

function deviceStateBytes(domain: XmlElement): number {
  const processors = Number(xmlElement(domain, 'vcpu')?.text.trim() ?? 0);
  const gpus = xmlElements(domain, 'devices', 'video').filter(
    (video) => xmlElement(video, 'model')?.attributes.get('type') === 'virtio',
  );
  return usualDeviceBytes + processors * processorBytes + gpus.length * virtioGpuBytes;
}

/** virDomainParseScaledValue: KiB where no unit is named; `KB` and the like are decimal. */
const units: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1e3,
  k: 2 ** 10,
  KiB: 2 ** 10,
  MB: 1e6,
  M: 2 ** 20,
  MiB: 2 ** 20,
  GB: 1e9,
  G: 2 ** 30,
  GiB: 2 ** 30,
  TB: 1e12,
  T: 2 ** 40,
  TiB: 2 ** 40,
};

function bytesOf(element: XmlElement | undefined): number {
  return Number(element?.text.trim() ?? 0) * (units[element?.attributes.get('unit') ?? 'KiB'] ?? 2 ** 10);
}

function ownerOf(domain: XmlElement): DomainDescription['owner'] {
  const dac = xmlElements(domain, 'seclabel').find(({ attributes }) => attributes.get('model') === 'dac');
  const label = dac && xmlElement(dac, 'label')?.text.trim();
  // Numbers carry a plus sign (virDomainDefGetSecurityLabelDef, "+64055:+64055"); names are not resolved here.
  const [, user, group] = /^\+(\d+):\+(\d+)$/.exec(label ?? '') ?? [];
  return user === undefined ? null : { user: Number(user), group: Number(group) };
}

/**
 * A background snapshot write-protects memory against the guest's CPUs and the kernel. Who writes past that protection
 * (a device by DMA, another process by a shared mapping) tears the image, and not every QEMU refuses it.
 */
function snapshotObstacles(domain: XmlElement): string[] {
  const found: string[] = [];
  const note = (present: boolean, sentence: string): void => {
    if (present) found.push(sentence);
  };
  const devices = xmlElement(domain, 'devices');
  const some = (name: string, test: (element: XmlElement) => boolean): boolean =>
    devices?.children.some((child) => child.name === name && test(child)) ?? false;
  const type = (element: XmlElement): string => element.attributes.get('type') ?? '';

  note(
    some('hostdev', () => true) || some('interface', (one) => ['hostdev', 'vdpa'].includes(type(one))),
    'It has a passed-through host device, which writes memory outside the snapshot’s write protection.',
  );
  note(
    some('interface', (one) => type(one) === 'vhostuser') ||
      some('disk', (one) => ['vhostuser', 'vhostvdpa'].includes(type(one))) ||
      some('filesystem', (one) => xmlElement(one, 'driver')?.attributes.get('type') === 'virtiofs') ||
      some('video', (one) => xmlElement(one, 'driver')?.attributes.get('name') === 'vhostuser') ||
      some('crypto', (one) => xmlElement(one, 'backend')?.attributes.get('model') === 'vhostuser'),
    'Another process (vhost-user or virtiofs) shares its memory and writes it outside the snapshot’s write protection.',
  );
  note(
    some('shmem', () => true),
    'It shares memory (shmem) with others, who write it outside the snapshot’s write protection.',
  );
  note(
    some('memory', (one) => one.attributes.get('model') === 'virtio-mem'),
    'It has virtio-mem memory; a snapshot lacks its unplugged parts.',
  );
  const backing = xmlElement(domain, 'memoryBacking');
  note(
    backing !== undefined &&
      xmlElement(backing, 'source')?.attributes.get('type') === 'file' &&
      xmlElement(backing, 'hugepages') === undefined,
    'Its memory is backed by a file on disk, which the kernel cannot write-protect.',
  );
  const words = xmlElements(domain, 'qemu:commandline', 'qemu:arg').map((one) => one.attributes.get('value') ?? '');
  note(
    words.some((word) => /vfio|vhost-user|vhost-vdpa|ivshmem|virtio-mem/.test(word)),
    'Its qemu:commandline adds devices that write memory outside the snapshot’s write protection.',
  );
  return found;
}

/** Guests of which QEMU's core dumps are understood. */
const dumpable: ReadonlySet<string> = new Set(['x86_64', 'i686', 'aarch64']);

function memoryObstacles(domain: XmlElement): string[] {
  const found: string[] = [];
  const architecture = xmlElement(domain, 'os', 'type')?.attributes.get('arch');
  if (architecture !== undefined && !dumpable.has(architecture))
    found.push(`The memory of ${architecture} guests is not understood yet: x86_64, i686 and aarch64 are.`);
  if (xmlElement(domain, 'launchSecurity') !== undefined)
    found.push('Its memory is encrypted by the CPU (launchSecurity); an image would be unreadable.');
  return found;
}
