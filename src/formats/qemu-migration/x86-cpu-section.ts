import {
  type X86Cpu,
  type X86DescriptorTable,
  type X86Segment,
  x86Registers,
  x86SegmentRegisters,
} from '../elf/x86-cpu.ts';
import type { DeviceSection } from './device-section.ts';
import { MigrationFormatError } from './migration-error.ts';

const SECTION = 'cpu';
const descriptorTables = ['ldt', 'tr', 'gdt', 'idt'] as const satisfies readonly X86DescriptorTable[];

/**
 * The state of all processors out of a stream's `cpu` sections, one for each, in the order of their numbers. Field names
 * are those of QEMU's vmstate_x86_cpu (target/i386/machine.c). Processors of another architecture are UNSUPPORTED: their
 * notes cannot be made from a stream here.
 */
export function readX86Cpus(devices: readonly DeviceSection[]): X86Cpu[] {
  const sections = devices.filter(({ name }) => name === SECTION);
  const first = sections[0];
  if (first === undefined) throw new MigrationFormatError('UNSUPPORTED', SECTION, 0, 'the stream has no processors');
  if (!first.has('env.eip') || !first.has('env.segs'))
    throw new MigrationFormatError('UNSUPPORTED', SECTION, first.offset, 'the processors are not x86');
  return sections.map(readCpu).sort((a, b) => a.index - b.index);
}

function readCpu(section: DeviceSection): X86Cpu {
  // qemu-system-i386 has eight registers, and none of what came with long mode.
  const wide = section.has('env.efer');
  const registers = section.numbers('env.regs', wide ? 16 : 8);
  const only64 = (name: string): bigint => (wide ? section.number(name) : 0n);
  return {
    index: section.instance,
    registers: Object.fromEntries(x86Registers.map((name, i) => [name, registers[i] ?? 0n])) as X86Cpu['registers'],
    rip: section.number('env.eip'),
    rflags: section.number('env.eflags'),
    segments: readSegments(section),
    cr0: section.number('env.cr[0]'),
    cr2: section.number('env.cr[2]'),
    cr3: section.number('env.cr[3]'),
    cr4: section.number('env.cr[4]'),
    efer: only64('env.efer'),
    kernelGsBase: only64('env.kernelgsbase'),
    lstar: only64('env.lstar'),
  };
}

function readSegments(section: DeviceSection): X86Cpu['segments'] {
  const read = (name: string, count: number): X86Segment[] =>
    section.structures(name, ['selector', 'base', 'limit', 'flags'], count).map(({ selector, base, limit, flags }) => ({
      selector: Number(selector),
      limit: Number(limit),
      flags: Number(flags),
      base,
    }));
  const segments = read('env.segs', x86SegmentRegisters.length);
  const byName = [
    ...x86SegmentRegisters.map((name, i) => [name, segments[i]]),
    ...descriptorTables.map((name) => [name, ...read(`env.${name}`, 1)]),
  ];
  return Object.fromEntries(byName) as X86Cpu['segments'];
}
