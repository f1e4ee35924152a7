import type { DatabaseSync } from 'node:sqlite';
import { measures, type Sample } from '../sample.ts';
import { columnOf } from './schema.ts';

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
      return findLabel.get(machine, name, vmid, state)?.number as number;
    },
    /** Notes a round; forgets those whose samples are too old to be kept. */
    add(samples: readonly Sample[], oldestMs: number): void {
      const times = samples.map(({ atMs }) => atMs);
      if (times.length > 0) add.run(Math.min(...times), Math.max(...times));
      for (let step = 0; step < roundsOfAStep; step += 1) {
        const first = oldest.get();
        if (first === undefined || (first.until_ms as number) >= oldestMs) return;
        remove.run(first.seq as number);
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
    let found = null as UnsentBatch | null;
    for (const { seq, from_ms: fromMs, until_ms: untilMs } of rounds.iterate()) {
      const rows = samplesOf.all(fromMs as number, untilMs as number);
      if (found !== null && found.samples.length + rows.length > maxSamples) break;
      const samples: Sample[] = rows.map((row) => ({
        machineId: row.id as string,
        name: row.name as string,
        vmid: row.vmid as string,
        state: row.state as Sample['state'],
        atMs: row.at_ms as number,
        ...(Object.fromEntries(measures.map((measure) => [measure, row[columnOf[measure]]])) as Pick<
          Sample,
          (typeof measures)[number]
        >),
      }));
      found = { upToSeq: seq as number, samples: [...(found?.samples ?? []), ...samples] };
    }
    return found;
  };
}
