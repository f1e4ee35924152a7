import type { CoreNote } from '../../formats/elf/note.ts';
import type { X86Cpu, X86Segment } from '../../formats/elf/x86-cpu.ts';
import { x86Notes } from '../../formats/elf/x86-notes.ts';
import { chance } from './chance.ts';
import { kernel } from './vmcoreinfo.ts';

/** The notes of all CPUs of a simulated machine, each idle in the kernel. */
export function demoCpuNotes(count: number, seed: number, epoch: number): CoreNote[] {
  const cpus = Array.from({ length: count }, (_, index) => idleCpu(index, chance(seed, index, epoch)));
  return x86Notes(cpus);
}

const flat = (selector: number, flags: number): X86Segment => ({ selector, limit: 0xffff_ffff, flags, base: 0n });
const table = (selector: number, limit: number, flags: number, base: bigint): X86Segment => ({
  selector,
  limit,
  flags,
  base,
});

/** As a 64-bit Linux kernel sets a CPU up; what differs between CPUs and moments comes from `dice`. */
function idleCpu(index: number, dice: number): X86Cpu {
  const cpu = BigInt(index);
  const perCpu = 0xffff_8880_0780_0000n + cpu * 0x10_0000n;
  const entryArea = 0xffff_fe00_0000_0000n + cpu * 0x3_b000n;
  const zero = { rax: 0n, rcx: 0n, rdx: 0n, rbx: 0n, rsp: 0n, rbp: 0n, rsi: 0n, rdi: 0n };
  const more = { r8: 0n, r9: 0n, r10: 0n, r11: 0n, r12: 0n, r13: 0n, r14: 0n, r15: 0n };
  return {
    index,
    registers: {
      ...zero,
      ...more,
      rcx: BigInt(dice),
      rbx: kernel.mapBase + BigInt(kernel.dataPhysical + 0x1_4580),
      rsp: 0xffff_c900_0000_3e80n + cpu * 0x8000n,
      rbp: cpu,
      r12: cpu,
    },
    rip: kernel.textVirtual + BigInt((dice % kernel.textBytes) & ~0xf),
    rflags: 0x246n,
    segments: {
      cs: flat(0x10, 0x00af_9b00),
      ss: flat(0x18, 0x00cf_9300),
      ds: flat(0, 0),
      es: flat(0, 0),
      fs: flat(0, 0),
      gs: { ...flat(0, 0), base: perCpu },
      ldt: table(0, 0, 0x8200, 0n),
      tr: table(0x40, 0x4087, 0x8b00, entryArea + 0x3000n),
      gdt: table(0, 0x7f, 0, entryArea + 0x1000n),
      idt: table(0, 0xfff, 0, 0xffff_fe00_0000_0000n),
    },
    cr0: 0x8005_0033n, // paging, write protection, protected mode
    cr2: 0n,
    cr3: BigInt(kernel.pageTablePhysical),
    cr4: 0x6f0n, // physical address extension and what else Linux always sets
    efer: 0xd01n, // long mode active, no-execute, system calls
    kernelGsBase: 0n,
    lstar: kernel.systemCallVirtual,
  };
}
