import type { Json } from '../domain/json.ts';
import type { CoreNote } from '../formats/elf/note.ts';

/** The unit of guest memory that sources deliver: the smallest page of the architectures that we know. */
export const pageBytes = 4096;

/** Half-open range of guest-physical addresses, both multiples of 4096. */
export interface MemoryRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** What the guest-physical memory looks like; known before the first page. */
export interface MemoryLayout {
  readonly architecture: 'x86_64' | 'aarch64';
  /** Ascending, disjoint. */
  readonly ranges: readonly MemoryRange[];
  readonly cpuCount: number;
  /** Most bytes that the CPUs' notes can come to, headers of notes included: they are known last and stand in front. */
  readonly cpuNotesBytes: number;
}

/** What is known when all pages have passed. */
export interface MemoryTail {
  /** What the CPUs' notes are written for: an x86-64 machine may not have left its 32-bit mode yet. */
  readonly machine: 'x86_64' | 'i386' | 'aarch64';
  /**
   * The ELF notes that describe the CPUs' registers, as QEMU writes them and in its order. x86: NT_PRSTATUS of every CPU, then
   * QEMU's own note of every CPU. aarch64: NT_PRSTATUS and the floating point registers of each CPU in turn.
   */
  readonly cpuNotes: readonly CoreNote[];
  /** The VMCOREINFO text that the guest handed to its hypervisor; null if it did not: then the pages are searched for it. */
  readonly vmcoreinfo: string | null;
  /** An address that the CPU state proves to be in the running kernel (x86: LSTAR), where it does. */
  readonly kernelAddress: bigint | null;
  /** What of the guest's own description could not be taken into the image, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Takes what a source reads. Every call returns at once and never throws back-pressure at the source; bytes are copied
 * before it returns, so that the source may reuse its buffer.
 *
 * Offsets are positions in the memory image: the concatenation of the layout's ranges, without the holes between them.
 * Offsets and lengths are multiples of 4096 (`pageBytes`).
 */
export interface MemorySink {
  /** Called once, before any page. */
  layout(layout: MemoryLayout): void;
  /** Bytes at an offset. Every byte of the image arrives exactly once, in any order; mostly in ascending order. */
  data(offset: number, bytes: Uint8Array): void;
  /** A stretch that is all zero. */
  zero(offset: number, length: number): void;
  /** How many bytes came over the wire so far; called as often as the source likes. */
  received(bytes: number): void;
}

/**
 * Where a capture's bytes come from, opened on the thread that reads it. Implementations live beside their hypervisor;
 * who reads knows this contract only, and loads the module named by the capture plan, which exports
 * `openSource: OpenSource`.
 */
export interface MemorySource {
  /** Reads to the end. Rejects with a MemoirError if the stream is not whole or not understood. */
  read(sink: MemorySink, signal: AbortSignal): Promise<MemoryTail>;
  /** Ends a reading under way, removes what `openSource` made. Idempotent. */
  close(): Promise<void>;
}

/** Resolves when a writer would find the source ready. */
export type OpenSource = (options: Json) => Promise<MemorySource>;
