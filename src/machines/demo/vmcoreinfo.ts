/** Where the simulated kernel lies: its text from 16 MiB on, mapped as Linux does without address randomisation. */
export const kernel = {
  textPhysical: 0x100_0000,
  textBytes: 0xc0_0000,
  textVirtual: 0xffff_ffff_8100_0000n,
  /** Where system calls enter it (the CPUs' LSTAR). */
  systemCallVirtual: 0xffff_ffff_81a0_0080n,
  /** Where its data begins, and the page in it that VMCOREINFO fills. */
  dataPhysical: 0x1c0_0000,
  vmcoreinfoPhysical: 0x1d3_4000,
  /** The first page table, as SYMBOL(swapper_pg_dir) and CR3 name it. */
  pageTablePhysical: 0x1c1_0000,
  /** Difference between the two addresses of kernel text (Documentation/arch/x86/x86_64/mm.rst). */
  mapBase: 0xffff_ffff_8000_0000n,
} as const;

/**
 * What a Linux guest says about itself for readers of its memory, in the form that the kernel's Documentation/admin-guide/kdump/
 * vmcoreinfo.rst describes: one `KEY=value` a line. Names of a real kernel, values of ours.
 */
export function vmcoreinfoText(release: string): string {
  const symbol = (physical: number): string => (kernel.mapBase + BigInt(physical)).toString(16);
  return [
    `OSRELEASE=${release}`,
    'BUILD-ID=5d1f0c7be1a94c62b7f0a6e3d2c4b59187360fae',
    'PAGESIZE=4096',
    `SYMBOL(init_uts_ns)=${symbol(kernel.dataPhysical + 0x1_a400)}`,
    'OFFSET(uts_namespace.name)=0',
    `SYMBOL(node_online_map)=${symbol(kernel.dataPhysical + 0x9_b3c0)}`,
    `SYMBOL(swapper_pg_dir)=${symbol(kernel.pageTablePhysical)}`,
    `SYMBOL(_stext)=${kernel.textVirtual.toString(16)}`,
    'SIZE(page)=64',
    'SIZE(list_head)=16',
    'OFFSET(page.flags)=0',
    'OFFSET(list_head.next)=0',
    'OFFSET(list_head.prev)=8',
    'NUMBER(phys_base)=0',
    'NUMBER(pgtable_l5_enabled)=0',
    'KERNELOFFSET=0',
    'NUMBER(KERNEL_IMAGE_SIZE)=1073741824',
    'NUMBER(sme_mask)=0',
    'CRASHTIME=0',
    '',
  ].join('\n');
}

export const demoRelease = '6.1.0-demo-amd64';
