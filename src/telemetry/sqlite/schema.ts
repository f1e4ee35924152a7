import type { DatabaseSync } from 'node:sqlite';
import { type Migrations, migrate } from '../../database/migration.ts';
import { numberOrNull, type Row } from '../../database/row.ts';
import { type Measure, type Values, valuesOf } from '../sample.ts';

/** The column of each measure. */
export const columnOf: Readonly<Record<Measure, string>> = {
  cpuPercent: 'cpu_percent',
  memoryBytes: 'memory_bytes',
  memoryUsedBytes: 'memory_used_bytes',
  memoryRssBytes: 'memory_rss_bytes',
  blockReadBytesPerSecond: 'block_read_rate',
  blockWriteBytesPerSecond: 'block_write_rate',
  networkReceiveBytesPerSecond: 'network_receive_rate',
  networkTransmitBytesPerSecond: 'network_transmit_rate',
};

/** The measures of a row that has a column of each. */
export const readValues = (row: Row): Values => valuesOf((measure) => numberOrNull(row, columnOf[measure]));

// A machine's samples lie together, in the order of time: reading a chart is reading one stretch, and what is too old is at
// its beginning. `telemetry_folds` are means over five minutes of what `telemetry_samples` held; everything of a machine
// before `folded_ms` is in them.
const migrations: Migrations = [
  `
  CREATE TABLE telemetry_ring (began_ms INTEGER NOT NULL) STRICT;

  CREATE TABLE telemetry_machines (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    last_ms INTEGER NOT NULL,
    folded_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE telemetry_samples (
    machine INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    cpu_percent REAL,
    memory_bytes REAL,
    memory_used_bytes REAL,
    memory_rss_bytes REAL,
    block_read_rate REAL,
    block_write_rate REAL,
    network_receive_rate REAL,
    network_transmit_rate REAL,
    PRIMARY KEY (machine, at_ms)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE telemetry_folds (
    machine INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    cpu_peak_percent REAL,
    cpu_percent REAL,
    memory_bytes REAL,
    memory_used_bytes REAL,
    memory_rss_bytes REAL,
    block_read_rate REAL,
    block_write_rate REAL,
    network_receive_rate REAL,
    network_transmit_rate REAL,
    PRIMARY KEY (machine, at_ms)
  ) STRICT, WITHOUT ROWID;
  `,
  // What a line for InfluxDB says of a machine beside its values; the samples of before have none and are not sent. A row of
  // `telemetry_unsent` is a round that InfluxDB has not accepted: its samples are those of all machines between two moments.
  `
  CREATE TABLE telemetry_labels (
    number INTEGER PRIMARY KEY,
    machine INTEGER NOT NULL,
    name TEXT NOT NULL,
    vmid TEXT NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (machine, name, vmid, state)
  ) STRICT;

  ALTER TABLE telemetry_samples ADD COLUMN label INTEGER;

  CREATE TABLE telemetry_unsent (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  ) STRICT;
  `,
];

/** Makes the tables that everything else in this folder expects; cheap when they are there. */
export function prepareTables(connection: DatabaseSync): void {
  migrate(connection, 'telemetry', migrations);
}
