/** What became of a recorded dump's artifact since. */
export const recordStates = {
  AVAILABLE: { label: 'Available', description: 'The artifact is available at its path.' },
  DELETED: { label: 'Deleted', description: 'The artifact was deleted through Memoir; the record remains.' },
  DAMAGED: { label: 'Damaged', description: 'Verification found that the checksum does not match.' },
} as const satisfies Record<string, { label: string; description: string }>;

export type RecordState = keyof typeof recordStates;

/** What may become of a record. What was deleted does not come back: a verification may end after the deletion. */
export const recordTransitions: Readonly<Record<RecordState, readonly RecordState[]>> = {
  AVAILABLE: ['DAMAGED', 'DELETED'],
  DAMAGED: ['AVAILABLE', 'DELETED'],
  DELETED: [],
};

/** The metadata row of a finished dump: what the measurement `mem_dumps` holds, and what was added since. */
export interface DumpRecord {
  /** The dump's operation id. */
  readonly id: string;
  /** When the dump was committed, epoch microseconds: with dom and vmid the identity of the point in InfluxDB. */
  readonly timeUs: number;
  readonly machineId: string;
  /** The machine's name at that time (tag `dom`). */
  readonly dom: string;
  /** The hypervisor's number of the instance (tag `vmid`). */
  readonly vmid: string;
  readonly host: string;
  readonly state: RecordState;
  /** Digest of the artifact as it lies on disk. */
  readonly sha256: string;
  /** Digest of the uncompressed image, if it was taken. */
  readonly imageSha256: string | null;
  readonly durationSec: number;
  /** Size on disk, whatever the compression: the old name is gzip_size_bytes. */
  readonly sizeBytes: number;
  readonly rawSizeBytes: number;
  /** Epoch seconds of the file's times. */
  readonly ctime: number;
  readonly mtime: number;
  readonly atime: number;
  readonly dumpPath: string;
  readonly format: string;
  readonly compression: string;
  readonly method: string;
  readonly guestPauseMs: number | null;
  /** True for a simulated machine of the demo hypervisor. */
  readonly demo: boolean;
}
