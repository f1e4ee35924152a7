import type { DatabaseSync } from 'node:sqlite';
import { type Migrations, migrate } from '../../database/migration.ts';

const hourUs = 3_600_000_000;
export const dayUs = 24 * hourUs;

/**
 * Lengths of the time slices that sums are kept for, longest first. A range of time is a few long slices and, at its ends, a
 * few shorter ones: what a statistic costs does not grow with the number of records. The longest has no meaning for a
 * person; it is about a month, so that the whole of time is some hundred rows.
 */
export const sliceUs = { block: 32 * dayUs, day: dayUs, hour: hourUs } as const;

/** In `record_totals.instance` and `record_sums.instance`: all machines together. */
export const everyInstance = 0;

// How the tables answer everything from a million rows on without reading many of them:
//
// - `record_instances` numbers each combination of machine, name and vmid. Filters and searches by name are settled in it.
// - The `records_by_*` indexes are the orders of the list, one stream per state, so that a state that is rare is no
//   slower than a common one; SQLite merges the streams. They carry instance and time to be filtered without the row.
// - `record_totals` and, by slices of time, `record_sums` are kept with every change, in its transaction, in whole numbers:
//   adding and taking away is exact. A row may have come down to zero dumps.
// - `record_hashes` is an index of the hashes' trigrams (SQLite's FTS5); it holds no text of its own.
const migrations: Migrations = [
  `
  CREATE TABLE record_instances (
    number INTEGER PRIMARY KEY,
    machine_id TEXT NOT NULL,
    dom TEXT NOT NULL,
    vmid TEXT NOT NULL,
    UNIQUE (machine_id, dom, vmid)
  ) STRICT;
  CREATE INDEX record_instances_by_dom ON record_instances (dom);
  CREATE INDEX record_instances_by_vmid ON record_instances (vmid);

  CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time_us INTEGER NOT NULL,
    instance INTEGER NOT NULL REFERENCES record_instances (number),
    machine_id TEXT NOT NULL,
    dom TEXT NOT NULL,
    vmid TEXT NOT NULL,
    host TEXT NOT NULL,
    state TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    image_sha256 TEXT,
    duration_sec REAL NOT NULL,
    size_bytes INTEGER NOT NULL,
    raw_size_bytes INTEGER NOT NULL,
    ctime INTEGER NOT NULL,
    mtime INTEGER NOT NULL,
    atime INTEGER NOT NULL,
    dump_path TEXT NOT NULL,
    format TEXT NOT NULL,
    compression TEXT NOT NULL,
    method TEXT NOT NULL,
    guest_pause_ms REAL,
    demo INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX records_by_time ON records (state, time_us, id, instance);
  CREATE INDEX records_by_duration ON records (state, duration_sec, id, instance, time_us);
  CREATE INDEX records_by_size ON records (state, size_bytes, id, instance, time_us);
  CREATE INDEX records_by_vm ON records (state, dom, id, instance, time_us);
  CREATE INDEX records_by_instance ON records (instance, state, time_us, id);

  CREATE VIRTUAL TABLE record_hashes USING fts5 (
    sha256, content = 'records', content_rowid = 'number', tokenize = 'trigram', detail = 'none', columnsize = 0
  );

  CREATE TABLE record_totals (
    instance INTEGER NOT NULL,
    state TEXT NOT NULL,
    dumps INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    pauses INTEGER NOT NULL,
    pause_us INTEGER NOT NULL,
    first_us INTEGER,
    last_us INTEGER,
    PRIMARY KEY (instance, state)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE record_sums (
    slice_us INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    state TEXT NOT NULL,
    dumps INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    pauses INTEGER NOT NULL,
    pause_us INTEGER NOT NULL,
    PRIMARY KEY (slice_us, instance, start_us, state)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** Makes the tables that everything else in this folder expects; cheap when they are there. */
export function prepareTables(connection: DatabaseSync): void {
  migrate(connection, 'records', migrations);
}
