/** The QEMU of the bench. */
export const emulator = '/usr/bin/qemu-system-x86_64';

export interface DomainOptions {
  readonly name: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly machine: 'q35' | 'pc';
  /** How it starts: a kernel with its initramfs, or a firmware image. */
  readonly boot: { readonly kernel: string; readonly initrd: string } | { readonly firmware: string };
  readonly console: string;
  /** Elements added to <domain>, to <features> and to <devices>. */
  readonly domainXml?: string;
  readonly featuresXml?: string;
  readonly devicesXml?: string;
}

/** Characters that mean something in XML are in no name or path that the bench makes; they would end in a parse error. */
const boot = (from: DomainOptions['boot']): string =>
  'kernel' in from
    ? `<kernel>${from.kernel}</kernel><initrd>${from.initrd}</initrd>
    <cmdline>console=ttyS0 quiet loglevel=1 panic=-1 random.trust_cpu=on mitigations=off no_timer_check</cmdline>`
    : `<loader readonly='yes' type='rom'>${from.firmware}</loader>`;

/** The libvirt domain of a bench's guest: software emulation (KVM cannot be relied on where tests run), no balloon, no disk. */
export function domainXml(options: DomainOptions): string {
  return `<domain type='qemu'>
  <name>${options.name}</name>
  <memory unit='MiB'>${options.memoryMiB}</memory>
  <vcpu>${options.vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='${options.machine}'>hvm</type>
    ${boot(options.boot)}
  </os>
  <features><acpi/><apic/>${options.featuresXml ?? ''}</features>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  ${options.domainXml ?? ''}
  <devices>
    <emulator>${emulator}</emulator>
    <serial type='file'><source path='${options.console}'/></serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    ${options.devicesXml ?? ''}
  </devices>
</domain>
`;
}
