/** A range of guest-physical memory and the part of a RAM block that it shows. */
export interface MemoryRange {
  readonly start: number;
  readonly length: number;
  readonly block: string;
  readonly offset: number;
}

/** The RAM and ROM ranges of the CPUs' address space in what the monitor's `info mtree -f` prints. */
export function memoryMap(mtree: string): MemoryRange[] {
  const view = mtree.split(/^FlatView /m).find((text) => /^ AS "memory"/m.test(text));
  if (!view) throw new Error('no flat view of the address space "memory"');
  const line = /^ {2}([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, (?:ram|rom)\): (\S+)(?: @([0-9a-f]{16}))?/gm;
  return [...view.matchAll(line)].map(([, start, last, block, offset]) => ({
    start: Number(`0x${start}`),
    length: Number(`0x${last}`) - Number(`0x${start}`) + 1,
    block: block as string,
    offset: offset ? Number(`0x${offset}`) : 0,
  }));
}
