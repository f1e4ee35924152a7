import { pageBytes } from '../memory-source.ts';
import { chance } from './chance.ts';
import { memoryRanges } from './demo-machine.ts';
import { type PageKind, pagePool } from './page-pools.ts';
import { demoRelease, kernel, vmcoreinfoText } from './vmcoreinfo.ts';

const page = (physical: number): number => physical / pageBytes;
const kernelText = { start: page(kernel.textPhysical), end: page(kernel.textPhysical + kernel.textBytes) };
const vmcoreinfoPage = page(kernel.vmcoreinfoPhysical);

/** Pages of one stretch are used alike; 256 KiB of them. */
const stretchShift = 6;

/** What a stretch is used for, as shares of 256, and how many of its 256ths are pages of zeros. */
const uses: readonly { readonly share: number; readonly kind: PageKind; readonly zeros: number }[] = [
  { share: 132, kind: 'HEAP', zeros: 256 }, // free
  { share: 48, kind: 'HEAP', zeros: 30 },
  { share: 34, kind: 'TEXT', zeros: 10 },
  { share: 22, kind: 'CODE', zeros: 5 },
  { share: 20, kind: 'RANDOM', zeros: 0 },
];
const useOf = uses.flatMap((use) => new Array<typeof use>(use.share).fill(use));

export interface SyntheticMemoryOptions {
  readonly seed: number;
  readonly memoryBytes: number;
  /** How often the machine's memory has moved on. */
  readonly epoch: number;
}

/**
 * The memory of a simulated Linux machine at one moment: a function of seed, size and epoch, and of nothing else. Pages are
 * numbered by their place in the image. From one epoch to the next a few per cent of them change; code never does.
 */
export class SyntheticMemory {
  readonly pageCount: number;
  readonly #seed: number;
  readonly #epoch: number;
  readonly #vmcoreinfo: Buffer;
  /** First image page of each range, and what is to be added to make a physical page of it. */
  readonly #shifts: readonly { readonly from: number; readonly add: number }[];

  constructor({ seed, memoryBytes, epoch }: SyntheticMemoryOptions) {
    this.#seed = seed;
    this.#epoch = epoch;
    this.#vmcoreinfo = Buffer.from(vmcoreinfoText(demoRelease), 'latin1');
    let count = 0;
    this.#shifts = memoryRanges(memoryBytes).map(({ start, end }) => {
      const from = count;
      count += page(Number(end - start));
      return { from, add: page(Number(start)) - from };
    });
    this.pageCount = count;
  }

  /** Writes the page into the target; false, and nothing written, if it is all zero. */
  fill(index: number, target: Buffer, at: number): boolean {
    const physical = this.#physical(index);
    const kind = this.#kind(physical);
    if (kind === null) return false;
    const version = this.#version(physical, kind);
    const dice = chance(this.#seed, physical, version);
    const pool = pagePool(kind);
    const from = (dice % ((pool.length - pageBytes) >>> 4)) << 4;
    pool.copy(target, at, from, from + pageBytes);
    // Words that no other page has, so that two pages are hardly ever the same.
    if (kind !== 'TEXT') target.writeUInt32LE(dice, at + 2048);
    if (physical === vmcoreinfoPage) {
      target.fill(0, at, at + pageBytes);
      this.#vmcoreinfo.copy(target, at);
    }
    return true;
  }

  isZero(index: number): boolean {
    return this.#kind(this.#physical(index)) === null;
  }

  #physical(index: number): number {
    let add = 0;
    for (const shift of this.#shifts) if (index >= shift.from) add = shift.add;
    return index + add;
  }

  #kind(physical: number): PageKind | null {
    if (physical >= kernelText.start && physical < kernelText.end) return 'CODE';
    if (physical === vmcoreinfoPage) return 'HEAP';
    const use = useOf[chance(this.#seed, physical >>> stretchShift, 7) & 0xff] as (typeof uses)[number];
    return (chance(this.#seed, physical, 8) & 0xff) < use.zeros ? null : use.kind;
  }

  /** How often the page has changed: a few of the heap's at every epoch, the others in turn, every 64th at each. */
  #version(physical: number, kind: PageKind): number {
    if (kind === 'CODE') return 0;
    const dice = chance(this.#seed, physical, 9);
    if (kind === 'HEAP' && (dice & 0x1f) === 0) return this.#epoch;
    return Math.floor((this.#epoch + ((dice >>> 8) & 0x3f)) / 64);
  }
}
