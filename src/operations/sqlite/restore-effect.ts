import type { DatabaseSync } from 'node:sqlite';
import type { EffectWriter } from '../../database/effect.ts';
import { restoreOperation } from '../restore-effect.ts';

/** A restored operation has no events of its own: what restored it does. */
export function restoreWriter(connection: DatabaseSync): EffectWriter {
  const insert = connection.prepare(
    `INSERT INTO operations (id, kind, subject, further_subjects, node_id, host, state, phase, message, actor, request, result,
       created_at_ms, started_at_ms, finished_at_ms, duration_ms, seq)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING`,
  );
  return restoreOperation.writer((operation) => {
    const { id, kind, subjects, nodeId, host, state, phase, message, actor, request, result } = operation;
    const { createdAtMs, startedAtMs, finishedAtMs, durationMs } = operation;
    const [subject, ...further] = subjects;
    const [wish, outcome] = [JSON.stringify(request), JSON.stringify(result)];
    insert.run(
      ...[id, kind, subject, JSON.stringify(further), nodeId, host, state, phase, message, actor, wish, outcome],
      ...[createdAtMs, startedAtMs, finishedAtMs, durationMs],
    );
  });
}
