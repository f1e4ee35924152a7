/** What can be done with artifacts as files alone; the process brings it, so that other commands start without that code. */
export interface ArtifactFiles {
  verify(
    path: string,
    progress: (percent: number) => void,
  ): Promise<{
    readonly damage: string | null;
    readonly imageSha256: string | null;
    /** Digest that the manifest names; null without a manifest. */
    readonly expected: string | null;
    readonly machine: string | null;
  }>;
  inspect(path: string): Promise<InspectedFile>;
  extract(
    path: string,
    output: string,
    progress: (percent: number) => void,
    signal: AbortSignal,
  ): Promise<{ readonly sizeBytes: number; readonly sha256: string; readonly expected: string | null }>;
}

export interface InspectedFile {
  readonly file: string;
  readonly sizeBytes: number;
  readonly compression: string;
  readonly frames: number | null;
  readonly imageBytes: number;
  readonly format: string;
  readonly architecture: string | null;
  readonly notes: readonly string[];
  readonly kernel: string | null;
  readonly memoryRanges: readonly { readonly start: string; readonly end: string }[];
  readonly manifest: {
    readonly id: string;
    readonly machineName: string;
    readonly machineId: string;
    readonly host: string;
    readonly capturedAtMs: number;
    readonly method: string;
    readonly guestPauseMs: number | null;
    readonly sha256: string;
    readonly demo: boolean;
  } | null;
}
