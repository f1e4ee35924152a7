import { type X86Cpu, type X86Segment, x86Registers, x86SegmentRegisters } from '../../../src/formats/elf/x86-cpu.ts';
import { be, type Device, type Field, field, type State } from './stream-writer.ts';

const segment = ({ selector, base, limit, flags }: X86Segment): State => ({
  fields: [
    field('selector', be.u32(selector)),
    field('base', be.u64(base)),
    field('limit', be.u32(limit)),
    field('flags', be.u32(flags)),
  ],
});

/** A processor's section with fields before, between and behind those that are looked for, as QEMU has them. */
export function cpuDevice(cpu: X86Cpu): Device {
  const { registers, segments } = cpu;
  const fields: Field[] = [
    field('env.regs', ...x86Registers.map((name) => be.u64(registers[name]))),
    field('env.eip', be.u64(cpu.rip)),
    field('env.eflags', be.u64(cpu.rflags)),
    field('env.hflags', be.u32(0x40c0b7)),
    field('env.fpuc', be.u16(0x37f)),
    { ...field('env.fpregs', ...Array.from({ length: 8 }, () => Buffer.alloc(10, 0xfe))), type: 'fpreg' },
    field('env.segs', ...x86SegmentRegisters.map((name) => segment(segments[name]))),
    field('env.ldt', segment(segments.ldt)),
    field('env.tr', segment(segments.tr)),
    field('env.gdt', segment(segments.gdt)),
    field('env.idt', segment(segments.idt)),
    field('env.sysenter_cs', be.u32(0x10)),
    field('env.cr[0]', be.u64(cpu.cr0)),
    field('env.cr[2]', be.u64(cpu.cr2)),
    field('env.cr[3]', be.u64(cpu.cr3)),
    field('env.cr[4]', be.u64(cpu.cr4)),
    field('env.dr', ...Array.from({ length: 8 }, () => be.u64(0xd0))),
    field('env.efer', be.u64(cpu.efer)),
    field('env.star', be.u64(0x23001000000000n)),
    field('env.lstar', be.u64(cpu.lstar)),
    field('env.kernelgsbase', be.u64(cpu.kernelGsBase)),
  ];
  const subsections = [
    { name: 'cpu/msr_tsc_aux', version: 1, fields: [field('env.tsc_aux', be.u64(cpu.index))] },
    { name: 'cpu/xsave', version: 1, fields: [field('env.xcr0', be.u64(7))], subsections: [] },
  ];
  return { name: 'cpu', instance: cpu.index, version: 12, fields, subsections };
}

/** The section of qemu-system-i386: eight registers of four bytes, nothing of long mode. */
export function cpuDevice32(cpu: X86Cpu): Device {
  const word = (value: bigint): Buffer => be.u32(Number(value & 0xffff_ffffn));
  const narrow = (name: keyof X86Cpu['segments']): State => {
    const { selector, base, limit, flags } = cpu.segments[name];
    const fields = [field('selector', be.u32(selector)), field('base', word(base)), field('limit', be.u32(limit))];
    return { fields: [...fields, field('flags', be.u32(flags))] };
  };
  const fields: Field[] = [
    field('env.regs', ...x86Registers.slice(0, 8).map((name) => word(cpu.registers[name]))),
    field('env.eip', word(cpu.rip)),
    field('env.eflags', word(cpu.rflags)),
    { ...field('env.segs', ...x86SegmentRegisters.map(narrow)), apart: true },
    ...(['ldt', 'tr', 'gdt', 'idt'] as const).map((name) => field(`env.${name}`, narrow(name))),
    ...(['cr0', 'cr2', 'cr3', 'cr4'] as const).map((name) => field(`env.cr[${name[2]}]`, word(cpu[name]))),
  ];
  return { name: 'cpu', instance: cpu.index, version: 12, fields };
}

export function vmcoreinfoDevice(note: { address: bigint; size: number; format?: number; has?: number }): Device {
  const fields = [
    field('has_vmcoreinfo', be.u8(note.has ?? 1)),
    field('vmcoreinfo.host_format', be.u16(1)),
    field('vmcoreinfo.guest_format', be.u16(note.format ?? 1)),
    field('vmcoreinfo.size', be.u32(note.size)),
    field('vmcoreinfo.paddr', be.u64(note.address)),
  ];
  return { name: 'vmcoreinfo', instance: 0, version: 1, fields };
}

/** What virtio-mem sends before the memory: `plugged` of `region` bytes from the start on, in blocks of 2 MiB. */
export function virtioMemEarly(region: number, plugged: number): Device {
  const blocks = region / 0x20_0000;
  const words = Array.from({ length: Math.ceil(blocks / 64) }, (_, word) => {
    const bits = Math.max(0, Math.min(64, plugged / 0x20_0000 - word * 64));
    return be.u64((1n << BigInt(bits)) - 1n);
  });
  const fields = [
    field('device.addr', be.u64(0x1_4000_0000)),
    field('device.region_size', be.u64(region)),
    field('device.block_size', be.u64(0x20_0000)),
    field('device.node', be.u32(0)),
    field('size', be.u64(plugged)),
    field('bitmap', Buffer.concat(words)),
  ];
  return { name: '0000:00:03.0/virtio-mem-device-early', instance: 0, version: 1, fields };
}
