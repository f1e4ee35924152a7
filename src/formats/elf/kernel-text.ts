import type { Vmcoreinfo } from './vmcoreinfo.ts';

/** A piece of the kernel's address space and the guest-physical memory behind it. */
export interface KernelText {
  readonly virtual: bigint;
  readonly physical: bigint;
  readonly size: bigint;
}

/** Where x86-64 Linux maps its image (Documentation/arch/x86/x86_64/mm.rst): address = physical - phys_base + this. */
const START_KERNEL_MAP = 0xffff_ffff_8000_0000n;
/** The image is mapped in pages of 2 MiB. */
const LARGE_PAGE = 2n * 1024n * 1024n;
const TEXT_SIZE = 64n * 1024n * 1024n;

/**
 * Where the text of an x86-64 Linux kernel lies, from its own VMCOREINFO; undefined if that does not say it. drgn walks
 * page tables from here: without a segment for it an image cannot be read by virtual address.
 */
export function kernelText({ stext, physBase }: Vmcoreinfo): KernelText | undefined {
  if (stext === undefined || physBase === undefined || stext < START_KERNEL_MAP) return undefined;
  const virtual = stext - (stext % LARGE_PAGE);
  const physical = virtual - START_KERNEL_MAP + physBase; // phys_base is negative for a kernel loaded below its place
  return physical < 0n ? undefined : { virtual, physical, size: TEXT_SIZE };
}
