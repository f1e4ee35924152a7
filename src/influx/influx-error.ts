/** Why InfluxDB did not do what it was asked; what follows from it is decided by who asked. */
export type InfluxFailure =
  /** Nobody answers at the address, or the connection broke. */
  | 'UNREACHABLE'
  | 'TIMEOUT'
  /** The token is missing, wrong, expired, or not allowed to. */
  | 'UNAUTHORIZED'
  /** It answers, but not like an InfluxDB 3 does: another path, another product, a proxy. */
  | 'NOT_INFLUXDB'
  /** The line itself is refused and always will be. */
  | 'BAD_LINE'
  /** More than the server takes: of bytes at once, of tables, of columns. */
  | 'TOO_MUCH'
  /** Busy, or in trouble of its own; later it may work. */
  | 'TROUBLED'
  | 'NO_DATABASE'
  | 'NO_TABLE'
  | 'NO_COLUMN'
  /** InfluxDB 3 Core reads at most so many Parquet files for one query: ask for a shorter range. */
  | 'FILE_LIMIT'
  /** The query was not understood. */
  | 'REFUSED';

interface InfluxErrorOptions {
  readonly cause?: unknown;
  readonly retryAfterMs?: number | null;
  readonly status?: number;
}

export class InfluxError extends Error {
  override readonly name = 'InfluxError';
  readonly failure: InfluxFailure;
  /** When the server wants to be asked again, if it said so. */
  readonly retryAfterMs: number | null;
  /** The HTTP status, where there was one. */
  readonly status: number | null;

  constructor(failure: InfluxFailure, message: string, options: InfluxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.status = options.status ?? null;
  }
}

export function isInfluxError(error: unknown, ...failures: InfluxFailure[]): error is InfluxError {
  return error instanceof InfluxError && (failures.length === 0 || failures.includes(error.failure));
}

// InfluxDB tells most of its failures apart by text alone (its status codes differ between versions and paths), so this is
// the one place of the house where an error is recognised by its message. Texts: influxdata/influxdb v3.0 to v3.10.
const texts: readonly (readonly [RegExp, InfluxFailure])[] = [
  [/parquet files|file limit/i, 'FILE_LIMIT'],
  [/database '?.*'? ?not found|database not found/i, 'NO_DATABASE'],
  // One that cannot be made: no line is at fault.
  [/exceed limit of \d+ databases|in database name/i, 'NO_DATABASE'],
  [/max request size/i, 'TOO_MUCH'],
  [/table '.*' not found/i, 'NO_TABLE'],
  [/no field named|schema error/i, 'NO_COLUMN'],
];

/** The failure that the server's text names, if it names one. */
export function failureOfText(text: string): InfluxFailure | undefined {
  return texts.find(([pattern]) => pattern.test(text))?.[1];
}
