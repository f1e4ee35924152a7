/** What a synchronisation found and did; with `dryRun`, what it would have done. */
export interface SyncSummary {
  readonly dryRun: boolean;
  /** Records of this catalogue, and points of InfluxDB, that were compared. */
  readonly records: number;
  readonly points: number;
  /** Records that InfluxDB lacked and has now. */
  readonly written: number;
  /** Points whose artifact's state was not the catalogue's. */
  readonly corrected: number;
  /** Points of other writers that this catalogue lacked and has now. */
  readonly imported: number;
  /** Points of other hosts' servers: they are in the catalogues of those. */
  readonly elsewhere: number;
  /** Records that were imported once and that InfluxDB no longer shows. They are not written: it may only have forgotten them. */
  readonly kept: number;
  /** Records that InfluxDB refused for what they are, and what it said of the first. */
  readonly refused: number;
  readonly refusal: string | null;
}

export interface SyncOptions {
  /** Compares only. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Records and points compared so far, of about so many. */
  report(done: number, total: number): void;
}

/**
 * Brings the catalogue and the fleet's store together: what the store lacks of this server's records is written, what other
 * writers put there comes into the catalogue. Everything once: a second run finds nothing to do. It may be broken off at any
 * moment and be run again. INFLUX_UNAVAILABLE when the store cannot be asked or does not take what it is given.
 */
export interface RecordSync {
  run(options: SyncOptions): Promise<SyncSummary>;
}
