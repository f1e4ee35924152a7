import { setImmediate } from 'node:timers/promises';
import { untilAborted } from '../../async/until-aborted.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { x86NotesSize } from '../../formats/elf/x86-notes.ts';
import type { CaptureMethod } from '../capture.ts';
import { type MemorySink, type MemorySource, type MemoryTail, pageBytes } from '../memory-source.ts';
import { sourceType } from '../source-type.ts';
import { chance } from './chance.ts';
import { demoCpuNotes } from './cpu-notes.ts';
import type { DemoBehaviour } from './demo-behaviour.ts';
import { memoryRanges } from './demo-machine.ts';
import { Pace } from './pace.ts';
import { PageRuns } from './page-runs.ts';
import { SyntheticMemory } from './synthetic-memory.ts';
import { demoRelease, kernel, vmcoreinfoText } from './vmcoreinfo.ts';

/** What a plan of the demo carries to the thread that reads. */
export type DemoSourceOptions = {
  readonly seed: number;
  readonly memoryBytes: number;
  readonly vcpus: number;
  readonly handsOverVmcoreinfo: boolean;
  readonly method: CaptureMethod;
  readonly epoch: number;
  /** Null: as fast as it goes. */
  readonly bytesPerSec: number | null;
  readonly behaviour: DemoBehaviour | null;
};

export const demoSource = sourceType<DemoSourceOptions>(import.meta.url);

/** Opens the synthetic memory of one machine at one moment. */
export async function openSource(settings: DemoSourceOptions): Promise<MemorySource> {
  if (settings.behaviour?.type === 'REFUSE_OPEN') {
    throw new MemoirError(settings.behaviour.code, 'the demo source was told not to open');
  }
  return new DemoSource(settings);
}

class DemoSource implements MemorySource {
  readonly #options: DemoSourceOptions;
  readonly #closing = new AbortController();

  constructor(options: DemoSourceOptions) {
    this.#options = options;
  }

  async read(sink: MemorySink, signal: AbortSignal): Promise<MemoryTail> {
    const { memoryBytes, vcpus, seed, epoch, handsOverVmcoreinfo } = this.#options;
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    // Nothing comes before the hypervisor has begun, which is when it learns that the source is open.
    await setImmediate();
    ended.throwIfAborted();
    const cpuNotesBytes = x86NotesSize(vcpus);
    sink.layout({ architecture: 'x86_64', ranges: memoryRanges(memoryBytes), cpuCount: vcpus, cpuNotesBytes });
    await this.#pages(sink, ended);
    return {
      machine: 'x86_64',
      cpuNotes: demoCpuNotes(vcpus, seed, epoch),
      vmcoreinfo: handsOverVmcoreinfo ? vmcoreinfoText(demoRelease) : null,
      kernelAddress: kernel.systemCallVirtual,
      warnings: [],
    };
  }

  async close(): Promise<void> {
    this.#closing.abort(new MemoirError('CAPTURE_FAILED', 'the source was closed before its end'));
  }

  /**
   * All pages in ascending order; in a snapshot, a few per cent come before their turn, as those do that the guest is about
   * to write.
   */
  async #pages(sink: MemorySink, signal: AbortSignal): Promise<void> {
    const { behaviour, bytesPerSec, method } = this.#options;
    const memory = new SyntheticMemory(this.#options);
    const pace = new Pace(behaviour?.type === 'SLOW' ? behaviour.bytesPerSec : bytesPerSec);
    const runs = new PageRuns(sink, wireBytes[method]);
    const early = method === 'SNAPSHOT' ? this.#early(memory) : null;
    const buffer = Buffer.allocUnsafe(chunkPages * pageBytes);
    for (let first = 0; first < memory.pageCount; first += chunkPages) {
      const before = runs.passedBytes;
      for (const index of early?.due.get(first) ?? []) {
        memory.fill(index, buffer, 0);
        runs.single(index, buffer.subarray(0, pageBytes));
      }
      const last = Math.min(first + chunkPages, memory.pageCount);
      for (let index = first; index < last; index++) {
        if (early?.pages.has(index)) runs.pause(buffer);
        else if (memory.fill(index, buffer, runs.room)) runs.page(index, buffer);
        else runs.zero(index, buffer);
      }
      runs.pause(buffer);
      await this.#misbehave(runs.passedBytes, signal);
      if (pace.count(runs.passedBytes - before)) await pace.rest(signal);
    }
  }

  /** Pages that come before their turn, and at the beginning of which chunk each does. */
  #early(memory: SyntheticMemory): { pages: Set<number>; due: Map<number, number[]> } {
    const { seed, epoch } = this.#options;
    const pages = new Set<number>();
    const due = new Map<number, number[]>();
    for (let index = chunkPages; index < memory.pageCount; index++) {
      const dice = chance(seed, index, ~epoch);
      if (dice % 32 !== 0 || memory.isZero(index)) continue;
      pages.add(index);
      // Squared: most writes come soon after the guest goes on.
      const turn = Math.floor((index / chunkPages) * ((dice >>> 8) / 2 ** 24) ** 2) * chunkPages;
      due.set(turn, [...(due.get(turn) ?? []), index]);
    }
    return { pages, due };
  }

  async #misbehave(passedBytes: number, signal: AbortSignal): Promise<void> {
    const { behaviour } = this.#options;
    if (behaviour === null || !('atByte' in behaviour) || passedBytes < behaviour.atByte) return;
    if (behaviour.type === 'FAIL') throw new MemoirError(behaviour.code, `the demo stream broke off at ${passedBytes}`);
    if (behaviour.type === 'GUEST_GONE') {
      throw new MemoirError('CAPTURE_FAILED', `the demo stream broke off at ${passedBytes}: the machine is gone`);
    }
    await untilAborted(new Promise<never>(() => undefined), signal);
  }
}

/** 256 KiB: what is handed over at a time at most. */
const chunkPages = 64;

/** What a page costs on the wire: QEMU's migration stream has 8 bytes before a page and 9 for one of zeros; a core has all. */
const wireBytes = {
  SNAPSHOT: { page: pageBytes + 8, zero: 9 },
  CORE_DUMP: { page: pageBytes, zero: pageBytes },
} as const;
