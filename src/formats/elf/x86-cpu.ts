/** A segment register with its hidden part, in QEMU's terms (`flags` is the descriptor's second word). */
export interface X86Segment {
  readonly selector: number;
  readonly limit: number;
  readonly flags: number;
  readonly base: bigint;
}

/** The general registers in the order of their encoding, which is also that of QEMU's `env.regs`. */
export const x86Registers = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;

export type X86Register = (typeof x86Registers)[number];

/** The segment registers in the order of their encoding, which is also that of QEMU's `env.segs`. */
export const x86SegmentRegisters = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;

export type X86SegmentRegister = (typeof x86SegmentRegisters)[number];
export type X86DescriptorTable = 'ldt' | 'tr' | 'gdt' | 'idt';

/** The state of one x86 processor at the moment of capture, as far as notes need it. */
export interface X86Cpu {
  /** Number of the processor, from 0. */
  readonly index: number;
  readonly registers: Readonly<Record<X86Register, bigint>>;
  readonly rip: bigint;
  readonly rflags: bigint;
  readonly segments: Readonly<Record<X86SegmentRegister | X86DescriptorTable, X86Segment>>;
  readonly cr0: bigint;
  readonly cr2: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly kernelGsBase: bigint;
  /** Where `syscall` enters the kernel (MSR LSTAR); 0 before an operating system has set it. */
  readonly lstar: bigint;
}

/** EFER.LMA, long mode active (AMD64 architecture, volume 2, section 3.1.7). */
const LONG_MODE_ACTIVE = 1n << 10n;

/** Whether the processor runs in long mode, be it 64-bit or compatibility mode. */
export function inLongMode({ efer }: X86Cpu): boolean {
  return (efer & LONG_MODE_ACTIVE) !== 0n;
}
