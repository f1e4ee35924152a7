import type { CaptureMethod, MethodChoice } from '../machines/capture.ts';

/** Forms of the memory image, and the extension that a file of that form carries. */
export const imageFormats = {
  ELF: { extension: 'elf', description: 'ELF64 core, as crash, drgn, gdb, Volatility 3 and readelf open it.' },
  RAW: {
    extension: 'raw',
    description: 'Flat physical memory: the byte at an offset is the byte at that address; holes are zero.',
  },
} as const;
export type ImageFormat = keyof typeof imageFormats;

export const compressions = {
  ZSTD: {
    extension: '.zst',
    description: 'Zstandard in the seekable format: an ordinary .zst file with random access.',
  },
  GZIP: { extension: '.gz', description: 'Multi-member gzip, for tools without zstd support.' },
  NONE: { extension: '', description: 'Uncompressed and sparse: zeros take no space on disk.' },
} as const;
export type Compression = keyof typeof compressions;

/** What the journal keeps of the wish for a dump. The machine is as it was when the wish was accepted. */
export type DumpRequest = {
  readonly machineId: string;
  readonly machineName: string;
  readonly method: MethodChoice;
  readonly format: ImageFormat;
  readonly compression: Compression;
  readonly demo: boolean;
  /** The longest pause that may be expected; null for any. */
  readonly maxPauseMs: number | null;
  /** Take the digest of the uncompressed image too, before the dump is complete. */
  readonly imageDigest: boolean;
  /** The trace that asked for it (W3C Trace Context); null for none. */
  readonly traceparent: string | null;
};

/** What the journal keeps of a dump that went well. */
export type DumpResult = {
  readonly method: CaptureMethod;
  readonly methodReason: string;
  readonly vmid: string;
  readonly guestPauseMs: number | null;
  readonly capturedAtMs: number;
  /** Name of the artifact in the store. */
  readonly folder: string;
  readonly file: string;
  readonly dumpPath: string;
  readonly sizeBytes: number;
  readonly rawSizeBytes: number;
  readonly sha256: string;
  readonly imageSha256: string | null;
};
