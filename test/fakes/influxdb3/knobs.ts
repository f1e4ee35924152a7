/** How one write is answered other than by being taken. */
export interface WriteTrouble {
  /** Whether the lines are taken all the same: the answer is what goes wrong. */
  readonly taken?: boolean;
  /** The connection breaks instead of an answer, or nothing ever comes. */
  readonly silence?: 'DROP' | 'HANG';
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** How one Flight query fails. */
export interface FlightTrouble {
  /** gRPC status code. */
  readonly code: number;
  readonly message: string;
  /** After the rows were sent. */
  readonly afterRows?: boolean;
}

/** What can be made to go wrong, or to be otherwise; may be changed at any time. */
export interface Knobs {
  /** The only token that is let in; null lets everybody in. */
  token: string | null;
  /** How long a write takes: about a second on a real server, whose WAL is flushed so often. */
  writeLatencyMs: number;
  queryLatencyMs: number;
  /** Connections are taken and nothing is answered. */
  hang: 'NOTHING' | 'FLIGHT' | 'HTTP' | 'EVERYTHING';
  /** A proxy in between that knows HTTP/1 only. */
  http1Only: boolean;
  /** Asked for every write. */
  onWrite: (lines: readonly string[]) => WriteTrouble | null;
  /** Asked for every Flight query. */
  onFlight: (query: { readonly text: string; readonly language: string }) => FlightTrouble | null;
  /** Files of ten minutes that a query may read. */
  fileLimit: number | null;
  /** Sends an empty batch first, as the server does after five seconds without data. */
  emptyBatchFirst: boolean;
  /** Rows in a batch: few enough make many messages, many enough one that is too large. */
  batchRows: number;
  /** Version 3.9.1 and later answers a missing table with 400, earlier ones with 500. */
  version: string;
}

export function createKnobs(): Knobs {
  return {
    token: null,
    writeLatencyMs: 0,
    queryLatencyMs: 0,
    hang: 'NOTHING',
    http1Only: false,
    onWrite: () => null,
    onFlight: () => null,
    fileLimit: 432,
    emptyBatchFirst: false,
    batchRows: 8_192,
    version: '3.5.0-nightly',
  };
}
