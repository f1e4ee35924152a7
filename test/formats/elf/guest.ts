import { type X86Cpu, type X86Segment, x86Registers, x86SegmentRegisters } from '../../../src/formats/elf/x86-cpu.ts';

/** A processor in which every value is different, so that a swapped pair is seen. */
export function cpu(index: number, overrides: Partial<X86Cpu> = {}): X86Cpu {
  const seed = BigInt(index + 1) << 56n;
  const segment = (number: number): X86Segment => ({
    selector: 0x100 * (index + 1) + number * 8,
    limit: 0xf000_0000 + number,
    flags: 0xa0_9b00 + number,
    base: seed + 0x5e_0000n + BigInt(number),
  });
  const registers = Object.fromEntries(x86Registers.map((name, i) => [name, seed + 0x1000n + BigInt(i)]));
  const names = [...x86SegmentRegisters, 'ldt', 'tr', 'gdt', 'idt'];
  const segments = Object.fromEntries(names.map((name, i) => [name, segment(i)]));
  return {
    index,
    registers: registers as X86Cpu['registers'],
    segments: segments as X86Cpu['segments'],
    rip: seed + 0x2000n,
    rflags: 0x246n,
    cr0: 0x8005_0033n,
    cr2: seed + 0xc2n,
    cr3: seed + 0xc3n,
    cr4: 0x6f0n,
    efer: 0xd01n,
    kernelGsBase: seed + 0x95n,
    lstar: 0xffff_ffff_9ae0_0080n,
    ...overrides,
  };
}

/** VMCOREINFO as a Linux 6.1 guest has it, shortened; its kernel is 0x19e00000 above where it was linked. */
export const vmcoreinfoText = [
  'OSRELEASE=6.1.0-18-cloud-amd64',
  'BUILD-ID=0123456789abcdef',
  'PAGESIZE=4096',
  'SYMBOL(init_uts_ns)=ffffffff9c81f2c0',
  'SYMBOL(swapper_pg_dir)=ffffffff9c610000',
  'SYMBOL(_stext)=ffffffff9ae00000',
  'NUMBER(phys_base)=10485760',
  'KERNELOFFSET=19e00000',
  '',
].join('\n');

/** A page of guest memory that starts with `text`. */
export function page(text: string): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write(text, 'latin1');
  return bytes;
}
