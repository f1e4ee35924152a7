import type { DeviceSection } from './device-section.ts';

/** Where the guest's own ELF note with its VMCOREINFO lies, as it told QEMU's vmcoreinfo device. */
export interface GuestNote {
  /** Guest-physical address. */
  readonly address: bigint;
  /** Size of its room: the note and an empty one behind it. */
  readonly size: number;
}

/** Linux tells 4132 bytes: a page of text, the headers of two notes, a name. What claims to be much longer is not looked at. */
const NOTE_MAX = 16 * 1024;
/** FW_CFG_VMCOREINFO_FORMAT_ELF (docs/specs/vmcoreinfo.rst of QEMU). */
const FORMAT_ELF = 1n;

/**
 * What the guest told the vmcoreinfo device; undefined if the machine has none, or the guest has told it nothing (its
 * driver is qemu_fw_cfg), or nothing usable: guests may write there what they like.
 */
export function readGuestNote(devices: readonly DeviceSection[]): GuestNote | undefined {
  const device = devices.find(({ name }) => name === 'vmcoreinfo');
  if (device === undefined || device.number('has_vmcoreinfo') === 0n) return undefined;
  const size = device.number('vmcoreinfo.size');
  if (device.number('vmcoreinfo.guest_format') !== FORMAT_ELF || size === 0n || size > NOTE_MAX) return undefined;
  return { address: device.number('vmcoreinfo.paddr'), size: Number(size) };
}
