import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import { numberOf, textOf } from '../../database/row.ts';
import type { DeadLetter, HeldLines } from './outbox.ts';
import { prepareOutbox } from './outbox-writer.ts';

export type OutboxService = ReturnType<typeof openService>;

export interface WaitingLine {
  readonly seq: number;
  readonly line: string;
}

/** The part of the outbox that lives on the database's writing thread. */
export function openService(connection: DatabaseSync) {
  prepareOutbox(connection);
  const next = connection.prepare("SELECT seq, line FROM outbox_lines WHERE state = 'WAITING' ORDER BY seq LIMIT ?");
  const remove = connection.prepare('DELETE FROM outbox_lines WHERE seq = ?');
  const bury = connection.prepare("UPDATE outbox_lines SET state = 'DEAD', reason = ?, died_at_ms = ? WHERE seq = ?");
  const revive = connection.prepare(
    "UPDATE outbox_lines SET state = 'WAITING', reason = NULL, died_at_ms = NULL WHERE state = 'DEAD' AND seq = ?",
  );
  const reviveAll = connection.prepare(
    "UPDATE outbox_lines SET state = 'WAITING', reason = NULL, died_at_ms = NULL WHERE state = 'DEAD'",
  );
  const countStates = connection.prepare(
    'SELECT state, count(*) AS lines, min(enqueued_at_ms) AS since FROM outbox_lines GROUP BY state',
  );
  const keys = connection.prepare(
    'SELECT key FROM outbox_lines WHERE state = ? GROUP BY key ORDER BY min(seq) LIMIT ?',
  );
  const keysOf = (state: 'WAITING' | 'DEAD', limit: number) => keys.all(state, limit).map((row) => textOf(row, 'key'));
  const forgetDead = connection.prepare("DELETE FROM outbox_lines WHERE state = 'DEAD' AND key = ?");
  const insertDead = connection.prepare(
    "INSERT INTO outbox_lines (key, line, state, enqueued_at_ms, reason, died_at_ms) VALUES (?, ?, 'DEAD', ?, ?, ?)",
  );
  const overflowed = connection.prepare("SELECT value FROM outbox_counters WHERE name = 'overflowed'");

  return {
    /** The first waiting lines, at least one and no more than fit. */
    next(maxCount: number, maxBytes: number): WaitingLine[] {
      const lines: WaitingLine[] = [];
      let bytes = 0;
      for (const row of next.iterate(maxCount)) {
        const line = textOf(row, 'line');
        bytes += Buffer.byteLength(line) + 1;
        if (lines.length > 0 && bytes > maxBytes) break;
        lines.push({ seq: numberOf(row, 'seq'), line });
      }
      return lines;
    },
    accept: (seqs: readonly number[]): void =>
      transact(connection, () => {
        for (const seq of seqs) remove.run(seq);
      }),
    bury: (seq: number, reason: string): void => transact(connection, () => void bury.run(reason, Date.now(), seq)),
    retry: (seqs: readonly number[] | null): number =>
      transact(connection, () => {
        if (seqs === null) return Number(reviveAll.run().changes);
        return seqs.reduce((count, seq) => count + Number(revive.run(seq).changes), 0);
      }),
    forgetOverflow: (): void =>
      transact(connection, () => {
        connection.exec("UPDATE outbox_counters SET value = 0 WHERE name = 'overflowed'");
      }),
    counts() {
      const states = new Map(countStates.all().map((row) => [row.state, row]));
      const waiting = states.get('WAITING');
      return {
        waiting: Number(waiting?.lines ?? 0),
        waitingSinceMs: waiting === undefined ? null : numberOf(waiting, 'since'),
        dead: Number(states.get('DEAD')?.lines ?? 0),
        overflowed: Number(overflowed.get()?.value),
      };
    },
    held(limit: number): HeldLines {
      const [waiting, dead] = [keysOf('WAITING', limit + 1), keysOf('DEAD', limit + 1)];
      return {
        waiting: waiting.slice(0, limit),
        dead: dead.slice(0, limit),
        more: waiting.length > limit || dead.length > limit,
        overflowed: Number(overflowed.get()?.value),
      };
    },
    buryLines: (key: string, lines: readonly string[], reason: string): void =>
      transact(connection, () => {
        const now = Date.now();
        forgetDead.run(key);
        for (const line of lines) insertDead.run(key, line, now, reason, now);
      }),
    dismiss: (keys: readonly string[]): void =>
      transact(connection, () => {
        for (const key of keys) forgetDead.run(key);
      }),
    deadLetters: (limit: number, afterSeq: number): DeadLetter[] =>
      connection
        .prepare("SELECT * FROM outbox_lines WHERE state = 'DEAD' AND seq > ? ORDER BY seq LIMIT ?")
        .all(afterSeq, limit)
        .map((row) => ({
          seq: numberOf(row, 'seq'),
          key: textOf(row, 'key'),
          line: textOf(row, 'line'),
          reason: textOf(row, 'reason'),
          enqueuedAtMs: numberOf(row, 'enqueued_at_ms'),
          diedAtMs: numberOf(row, 'died_at_ms'),
        })),
  };
}
