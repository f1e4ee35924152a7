import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import { numberOf, rowOf, textOf } from '../../database/row.ts';
import { measures, type Sample } from '../sample.ts';
import { foldMs } from '../series-query.ts';
import { createUpkeep, type KnownMachine, type RingWindows } from './ring-upkeep.ts';
import { columnOf, prepareTables } from './schema.ts';
import { createUnsentWriter } from './unsent-rounds.ts';

export type RingWritingService = ReturnType<typeof openService>;

export interface RingOptions {
  readonly nowMs: number;
  readonly maxMachines: number;
  /** Whether InfluxDB is to have the samples. */
  readonly publish: boolean;
}

/** The part of the ring that lives on the writing thread. */
export function openService(connection: DatabaseSync, { nowMs, maxMachines, publish }: RingOptions) {
  prepareTables(connection);
  const unsent = createUnsentWriter(connection);
  // What an earlier configuration has left is nobody's to send.
  if (!publish) unsent.clear();
  connection.prepare('INSERT INTO telemetry_ring SELECT ? WHERE NOT EXISTS (SELECT 1 FROM telemetry_ring)').run(nowMs);
  const beganMs = numberOf(rowOf(connection.prepare('SELECT began_ms FROM telemetry_ring').get()), 'began_ms');
  const machines = new Map<string, KnownMachine>(
    connection
      .prepare('SELECT * FROM telemetry_machines')
      .all()
      .map((row) => [
        textOf(row, 'id'),
        {
          id: textOf(row, 'id'),
          number: numberOf(row, 'number'),
          lastMs: numberOf(row, 'last_ms'),
          foldedMs: numberOf(row, 'folded_ms'),
        },
      ]),
  );
  const upkeep = createUpkeep(connection, machines, maxMachines);
  const columns = measures.map((measure) => columnOf[measure]);
  const insert = connection.prepare(
    `INSERT OR IGNORE INTO telemetry_samples (machine, at_ms, label, ${columns.join(', ')}) VALUES (?, ?, ?, ${columns.map(() => '?').join(', ')})`,
  );
  const insertMachine = connection.prepare('INSERT INTO telemetry_machines (id, last_ms, folded_ms) VALUES (?, ?, ?)');

  function machineOf(id: string, atMs: number): KnownMachine {
    const known = machines.get(id);
    if (known !== undefined) return known;
    const foldedMs = Math.floor(atMs / foldMs) * foldMs;
    const { lastInsertRowid } = insertMachine.run(id, atMs, foldedMs);
    const machine = { id, number: Number(lastInsertRowid), lastMs: atMs, foldedMs };
    machines.set(id, machine);
    return machine;
  }

  return {
    beganMs: (): number => beganMs,
    /** Keeps the samples, and tends to a few machines: what is old becomes means, and what is older is forgotten. */
    append(samples: readonly Sample[], now: number, windows: RingWindows): void {
      transact(connection, () => {
        for (const sample of samples) {
          const machine = machineOf(sample.machineId, sample.atMs);
          const label = publish ? unsent.labelOf(machine.number, sample) : null;
          insert.run(machine.number, sample.atMs, label, ...measures.map((measure) => sample[measure]));
          machine.lastMs = Math.max(machine.lastMs, sample.atMs);
          // The clock was set back: this stretch is to be folded once more.
          if (sample.atMs < machine.foldedMs) machine.foldedMs = Math.floor(sample.atMs / foldMs) * foldMs;
        }
        if (publish) unsent.add(samples, now - windows.samplesMs);
        upkeep.step(now, windows);
      });
    },
    /** InfluxDB has the rounds up to this one. */
    accept: (upToSeq: number): void => transact(connection, () => unsent.accept(upToSeq)),
  };
}
