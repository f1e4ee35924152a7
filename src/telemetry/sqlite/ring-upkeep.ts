import type { DatabaseSync } from 'node:sqlite';
import { numberOf } from '../../database/row.ts';
import { measures } from '../sample.ts';
import { foldMs } from '../series-query.ts';
import { columnOf } from './schema.ts';

/** What is known of a machine between its visits; kept in the table when it is visited. */
export interface KnownMachine {
  readonly id: string;
  readonly number: number;
  /** Its newest sample. */
  lastMs: number;
  /** Everything before this has been folded. */
  foldedMs: number;
}

/** How far back the ring reaches. */
export interface RingWindows {
  readonly samplesMs: number;
  readonly foldsMs: number;
}

/** Each machine is visited once in so many steps: as often as there is something to fold. */
const stepsOfATurn = 30;
/** Stretches that one visit folds, and rows that it deletes from a table, at most. */
const foldsOfAVisit = 24;
const rowsOfAVisit = 500;

/** Folds and forgets in small steps, inside of the caller's transaction: none of them takes longer than some milliseconds. */
export function createUpkeep(connection: DatabaseSync, machines: Map<string, KnownMachine>, maxMachines: number) {
  const columns = measures.map((measure) => columnOf[measure]);
  const fold = connection.prepare(`
    INSERT OR REPLACE INTO telemetry_folds (machine, at_ms, samples, cpu_peak_percent, ${columns.join(', ')})
    SELECT machine, at_ms - at_ms % ${foldMs} AS start, count(*), max(cpu_percent), ${columns.map((column) => `avg(${column})`).join(', ')}
    FROM telemetry_samples WHERE machine = ? AND at_ms >= ? AND at_ms < ? GROUP BY start`);
  const firstSince = connection.prepare(
    'SELECT at_ms FROM telemetry_samples WHERE machine = ? AND at_ms >= ? ORDER BY at_ms LIMIT 1',
  );
  const forget = (table: string) =>
    connection.prepare(
      `DELETE FROM ${table} WHERE machine = ?1 AND at_ms IN (SELECT at_ms FROM ${table} WHERE machine = ?1 AND at_ms < ?2 ORDER BY at_ms LIMIT ${rowsOfAVisit})`,
    );
  const forgetSamples = forget('telemetry_samples');
  const forgetFolds = forget('telemetry_folds');
  const note = connection.prepare('UPDATE telemetry_machines SET last_ms = ?, folded_ms = ? WHERE number = ?');
  const forgetMachine = connection.prepare('DELETE FROM telemetry_machines WHERE number = ?');
  const forgetLabels = connection.prepare('DELETE FROM telemetry_labels WHERE machine = ?');
  let turn: KnownMachine[] = [];

  function foldSome(machine: KnownMachine, nowMs: number): void {
    const closedMs = Math.floor(nowMs / foldMs) * foldMs;
    if (machine.foldedMs >= closedMs) return;
    // Nothing is looked for in a stretch in which nobody measured.
    const first = firstSince.get(machine.number, machine.foldedMs);
    const fromMs =
      first === undefined ? closedMs : Math.min(closedMs, Math.floor(numberOf(first, 'at_ms') / foldMs) * foldMs);
    const untilMs = Math.min(closedMs, fromMs + foldsOfAVisit * foldMs);
    if (untilMs > fromMs) fold.run(machine.number, fromMs, untilMs);
    machine.foldedMs = untilMs;
  }

  function visit(machine: KnownMachine, nowMs: number, { samplesMs, foldsMs }: RingWindows): void {
    foldSome(machine, nowMs);
    const samplesLeft = forgetSamples.run(machine.number, Math.min(nowMs - samplesMs, machine.foldedMs)).changes;
    const foldsLeft = forgetFolds.run(machine.number, nowMs - foldsMs).changes;
    const isGone = machine.lastMs < nowMs - foldsMs - foldMs && samplesLeft === 0 && foldsLeft === 0;
    if (isGone) remove(machine);
    else note.run(machine.lastMs, machine.foldedMs, machine.number);
  }

  function remove(machine: KnownMachine): void {
    forgetMachine.run(machine.number);
    forgetLabels.run(machine.number);
    machines.delete(machine.id);
  }

  /** One that was not seen for longest makes room. */
  function evict(): void {
    let oldest: KnownMachine | undefined;
    for (const machine of machines.values()) if (machine.lastMs < (oldest?.lastMs ?? Infinity)) oldest = machine;
    if (oldest === undefined) return;
    const { number } = oldest;
    const left = forgetSamples.run(number, Number.MAX_SAFE_INTEGER).changes;
    const folds = forgetFolds.run(number, Number.MAX_SAFE_INTEGER).changes;
    if (left === 0 && folds === 0) remove(oldest);
  }

  return {
    step(nowMs: number, windows: RingWindows): void {
      if (turn.length === 0) turn = [...machines.values()];
      const count = Math.ceil(machines.size / stepsOfATurn);
      for (const machine of turn.splice(0, count)) if (machines.has(machine.id)) visit(machine, nowMs, windows);
      if (machines.size > maxMachines) evict();
    },
  };
}
