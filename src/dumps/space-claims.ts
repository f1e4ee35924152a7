/** An upper bound of what the artifact takes: memory that cannot be compressed, and room for headers. */
export function expectedArtifactBytes(memoryBytes: number): number {
  return memoryBytes + Math.ceil(memoryBytes / 256) + 1024 * 1024;
}

/** An upper bound of what waits on the disk meanwhile: all of the memory, should the part that is written first come last. */
export function spoolBytes(memoryBytes: number): number {
  return memoryBytes + 16 * 1024 * 1024;
}

/** What has to be free for a dump, so that it cannot run out of space. */
export function neededBytes(memoryBytes: number): number {
  return expectedArtifactBytes(memoryBytes) + spoolBytes(memoryBytes);
}

/** One dump's claim; disposing of it gives up what was not used. */
export interface SpaceClaim extends Disposable {
  /** What has to be free now, so that this dump and those that were admitted before it all find room. */
  readonly withOthers: number;
  /** So much of it is on the disk already. */
  written(bytes: number): void;
}

/**
 * The disk space that running dumps have been promised and have not used yet. Each dump writes on a thread of its own and
 * sees the free space only, so without this two dumps would be admitted into room for one.
 */
export class SpaceClaims {
  readonly #open = new Set<{ readonly bytes: number; written: number }>();

  take(bytes: number): SpaceClaim {
    let withOthers = bytes;
    for (const other of this.#open) withOthers += Math.max(0, other.bytes - other.written);
    const mine = { bytes, written: 0 };
    this.#open.add(mine);
    return {
      withOthers,
      written: (count) => {
        mine.written = count;
      },
      [Symbol.dispose]: () => void this.#open.delete(mine),
    };
  }
}
