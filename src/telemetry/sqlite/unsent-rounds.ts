import type { DatabaseSync } from 'node:sqlite';
import { nameOf, numberOf, rowOf, textOf } from '../../database/row.ts';
import { allMachineStates } from '../../machines/machine.ts';
import { measures, type Sample } from '../sample.ts';
import { columnOf, readValues } from './schema.ts';

/** Labels that a machine keeps: samples of a day under more of them than this are not all sent. */
const labelsOfMachine = 100;
/** Rounds that one step forgets at most. */
const roundsOfAStep = 10;

/** The writing side of what InfluxDB has not accepted yet; inside of the caller's transaction. */
export function createUnsentWriter(connection: DatabaseSync) {
  const addLabel = connection.prepare(
    'INSERT OR IGNORE INTO telemetry_labels (machine, name, vmid, state) VALUES (?, ?, ?, ?)',
  );
  const findLabel = connection.prepare(
    'SELECT number FROM telemetry_labels WHERE machine = ? AND name = ? AND vmid = ? AND state = ?',
  );
  const forgetLabels = connection.prepare(
    'DELETE FROM telemetry_labels WHERE machine = ?1 AND number NOT IN ' +
      `(SELECT number FROM telemetry_labels WHERE machine = ?1 ORDER BY number DESC LIMIT ${labelsOfMachine})`,
  );
  const add = connection.prepare('INSERT INTO telemetry_unsent (from_ms, until_ms) VALUES (?, ?)');
  const oldest = connection.prepare('SELECT seq, until_ms FROM telemetry_unsent ORDER BY seq LIMIT 1');
  const remove = connection.prepare('DELETE FROM telemetry_unsent WHERE seq <= ?');

  return {
    labelOf(machine: number, { name, vmid, state }: Sample): number {
      if (addLabel.run(machine, name, vmid, state).changes > 0) forgetLabels.run(machine);
      return numberOf(rowOf(findLabel.get(machine, name, vmid, state)), 'number');
    },
    /** Notes a round; forgets those whose samples are too old to be kept. */
    add(samples: readonly Sample[], oldestMs: number): void {
      const times = samples.map(({ atMs }) => atMs);
      if (times.length > 0) add.run(Math.min(...times), Math.max(...times));
      for (let step = 0; step < roundsOfAStep; step += 1) {
        const first = oldest.get();
        if (first === undefined || numberOf(first, 'until_ms') >= oldestMs) return;
        remove.run(numberOf(first, 'seq'));
      }
    },
    accept: (upToSeq: number): void => void remove.run(upToSeq),
    clear: (): void => connection.exec('DELETE FROM telemetry_unsent'),
  };
}

/** Samples of the oldest rounds that InfluxDB has not accepted, all of each round. */
export interface UnsentBatch {
  readonly upToSeq: number;
  readonly samples: readonly Sample[];
}

/** Answers about `maxSamples` samples, but at least one round; null where everything was accepted. */
export function createUnsentReader(connection: DatabaseSync): (maxSamples: number) => UnsentBatch | null {
  const rounds = connection.prepare('SELECT seq, from_ms, until_ms FROM telemetry_unsent ORDER BY seq');
  const columns = measures.map((measure) => columnOf[measure]).join(', ');
  // A machine's samples lie together: each machine is one look.
  const samplesOf = connection.prepare(`
    SELECT id, name, vmid, state, at_ms, ${columns} FROM telemetry_machines AS machines
    CROSS JOIN telemetry_samples AS samples ON samples.machine = machines.number AND at_ms >= ? AND at_ms <= ?
    JOIN telemetry_labels AS labels ON labels.number = label
    ORDER BY at_ms, machines.number`);
  return (maxSamples) => {
    const samples: Sample[] = [];
    let upToSeq: number | null = null;
    for (const round of rounds.iterate()) {
      const rows = samplesOf.all(numberOf(round, 'from_ms'), numberOf(round, 'until_ms'));
      if (upToSeq !== null && samples.length + rows.length > maxSamples) break;
      const ofRound = rows.map((row) => ({
        machineId: textOf(row, 'id'),
        name: textOf(row, 'name'),
        vmid: textOf(row, 'vmid'),
        state: nameOf(row, 'state', allMachineStates),
        atMs: numberOf(row, 'at_ms'),
        ...readValues(row),
      }));
      samples.push(...ofRound);
      upToSeq = numberOf(round, 'seq');
    }
    return upToSeq === null ? null : { upToSeq, samples };
  };
}
