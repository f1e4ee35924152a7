/** A limit of memory that a target is under. */
export interface MemoryLimit {
  readonly limitBytes: number;
  readonly usedBytes: number;
  /** Of those, what the kernel gives back when asked: cached files. */
  readonly reclaimableBytes: number;
}

/** Where the memory of a process is. A snapshot holds the heap only. */
export interface HeapMemory {
  readonly nodeVersion: string;
  readonly pid: number;
  readonly uptimeSec: number;
  readonly usedHeapBytes: number;
  readonly heapLimitBytes: number;
  readonly rssBytes: number;
  /** Memory of C++ objects that JavaScript objects hold, array buffers included: not in the snapshot. */
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
  readonly limits: readonly MemoryLimit[];
  /** What the machine could still give; null where that is not told. */
  readonly machineAvailableBytes: number | null;
}

export interface Preflight {
  readonly neededBytes: number;
  /** What the tightest limit leaves; null if there is none. */
  readonly availableBytes: number | null;
  readonly limitedBy: 'cgroup' | 'machine' | null;
  readonly enough: boolean;
  /** How long the process will not answer, at least. */
  readonly expectedStallMs: number;
  /** About the size of the file. */
  readonly expectedSizeBytes: number;
  /** What a person should know before pressing the button. */
  readonly warnings: readonly string[];
}

/** Taking a snapshot through the inspector needs up to 15 times the used heap, which was measured with small objects. */
const factor = 16;
const baseBytes = 64 * 1024 * 1024;
/** CPU time per MB of small objects: the process does nothing else meanwhile. */
const stallMsPerMegabyte = 70;
/** Kubernetes' default: a probe waits one second and gives up after three. */
const probeMs = 1000;

/** Whether the target survives a snapshot, and what it costs it. */
export function preflight(memory: HeapMemory): Preflight {
  const neededBytes = factor * memory.usedHeapBytes + baseBytes;
  let availableBytes = memory.machineAvailableBytes;
  let limitedBy: Preflight['limitedBy'] = availableBytes === null ? null : 'machine';
  for (const { limitBytes, usedBytes, reclaimableBytes } of memory.limits) {
    const left = Math.max(0, limitBytes - usedBytes + reclaimableBytes);
    if (availableBytes !== null && left >= availableBytes) continue;
    availableBytes = left;
    limitedBy = 'cgroup';
  }
  const enough = availableBytes === null || neededBytes <= availableBytes;
  const expectedStallMs = Math.round((memory.usedHeapBytes / 1e6) * stallMsPerMegabyte);
  const warnings: string[] = [];
  if (!enough) {
    const who = limitedBy === 'cgroup' ? 'its memory limit' : 'the machine';
    warnings.push(
      `A snapshot may need ${megabytes(neededBytes)}, and ${who} leaves ${megabytes(availableBytes ?? 0)}: the process could be killed.`,
    );
  }
  warnings.push(`The process will not answer for about ${seconds(expectedStallMs)}.`);
  if (expectedStallMs >= probeMs) {
    warnings.push('A liveness probe could restart it meanwhile: raise its timeout, or take it out of rotation first.');
  }
  const outside = memory.externalBytes;
  if (outside > memory.usedHeapBytes) {
    warnings.push(
      `${megabytes(outside)} are outside of the heap (buffers): a snapshot shows who holds them, not what is in them.`,
    );
  }
  return {
    neededBytes,
    availableBytes,
    limitedBy,
    enough,
    expectedStallMs,
    expectedSizeBytes: Math.round(memory.usedHeapBytes * 2),
    warnings,
  };
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
const seconds = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
