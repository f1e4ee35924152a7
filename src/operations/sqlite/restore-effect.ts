import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../../domain/json.ts';
import type { Operation } from '../operation.ts';

/**
 * The journal's effect `operation.restore`: its payload is an operation that was over before this journal began, known from
 * what it left behind. One that the journal knows is left as it is. It has no events of its own: what restored it does.
 */
export function openEffect(connection: DatabaseSync): (payload: Json) => void {
  const insert = connection.prepare(
    `INSERT INTO operations (id, kind, subject, host, state, phase, message, actor, request, result, created_at_ms,
       started_at_ms, finished_at_ms, seq)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (id) DO NOTHING`,
  );
  return (payload) => {
    const operation = payload as unknown as Operation;
    const { id, kind, subject, host, state, phase, message, actor, request, result } = operation;
    const { createdAtMs, startedAtMs, finishedAtMs } = operation;
    const [wish, outcome] = [JSON.stringify(request), JSON.stringify(result)];
    insert.run(
      ...[id, kind, subject, host, state, phase, message, actor, wish, outcome],
      ...[createdAtMs, startedAtMs, finishedAtMs],
    );
  };
}
