import { jsonOf, nameOf, numberOf, numberOrNull, type Row, textOf, textOrNull } from '../../database/row.ts';
import { allOperationStates } from '../../domain/operation-state.ts';
import { type Operation, type OperationEvent, operationEventTypes } from '../operation.ts';

/** The tables as they are; STRICT, times in epoch milliseconds, JSON as text. */
export const operationMigrations = [
  `
  CREATE TABLE operations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    host TEXT NOT NULL,
    state TEXT NOT NULL,
    phase TEXT,
    message TEXT NOT NULL,
    actor TEXT NOT NULL,
    request TEXT NOT NULL,
    result TEXT,
    error TEXT,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    finished_at_ms INTEGER,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  -- Exclusion is the table's own: no two active operations on one subject, whoever writes.
  CREATE UNIQUE INDEX operations_active ON operations (subject) WHERE state IN ('QUEUED', 'RUNNING');
  CREATE INDEX operations_by_kind ON operations (kind, id);
  CREATE INDEX operations_by_state ON operations (state, id);
  CREATE INDEX operations_by_subject ON operations (subject, id);

  -- AUTOINCREMENT: a number is never used again, even if the newest events were pruned; a rolled-back insert leaves no gap.
  CREATE TABLE operation_events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    operation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    type TEXT NOT NULL,
    state TEXT NOT NULL,
    phase TEXT,
    message TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX operation_events_by_operation ON operation_events (operation_id, seq);

  -- Counters that stay true under every write, so that a busy page never counts a million rows.
  CREATE TABLE operation_tally (
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (kind, state)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER operations_tally_insert AFTER INSERT ON operations BEGIN
    INSERT INTO operation_tally VALUES (NEW.kind, NEW.state, 1) ON CONFLICT DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER operations_tally_update AFTER UPDATE OF state ON operations WHEN OLD.state <> NEW.state BEGIN
    UPDATE operation_tally SET count = count - 1 WHERE kind = OLD.kind AND state = OLD.state;
    INSERT INTO operation_tally VALUES (NEW.kind, NEW.state, 1) ON CONFLICT DO UPDATE SET count = count + 1;
  END;

  CREATE TABLE idempotency_keys (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    outcomes TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- An operation may have further subjects beside the one that it is about: a JSON list.
  ALTER TABLE operations ADD COLUMN further_subjects TEXT NOT NULL DEFAULT '[]';
  -- All subjects of all operations, with what lists of them are filtered by. The triggers below are its only writers.
  CREATE TABLE operation_subjects (
    subject TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (subject, operation_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO operation_subjects SELECT subject, id, kind, state FROM operations;
  DROP INDEX operations_active;
  DROP INDEX operations_by_subject;
  -- Exclusion is the table's own: no two active operations share a subject, whoever writes.
  CREATE UNIQUE INDEX operation_subjects_active ON operation_subjects (subject) WHERE state IN ('QUEUED', 'RUNNING');
  CREATE INDEX operation_subjects_by_operation ON operation_subjects (operation_id);
  CREATE INDEX operations_by_kind_and_state ON operations (kind, state, id);
  CREATE TRIGGER operations_subjects_insert AFTER INSERT ON operations BEGIN
    INSERT INTO operation_subjects
      SELECT NEW.subject, NEW.id, NEW.kind, NEW.state
      UNION SELECT value, NEW.id, NEW.kind, NEW.state FROM json_each(NEW.further_subjects);
  END;
  CREATE TRIGGER operations_subjects_update AFTER UPDATE OF state ON operations WHEN OLD.state <> NEW.state BEGIN
    UPDATE operation_subjects SET state = NEW.state WHERE operation_id = NEW.id;
  END;
  CREATE TRIGGER operations_delete AFTER DELETE ON operations BEGIN
    DELETE FROM operation_subjects WHERE operation_id = OLD.id;
    UPDATE operation_tally SET count = count - 1 WHERE kind = OLD.kind AND state = OLD.state;
  END;
  `,
  `ALTER TABLE operations ADD COLUMN node_id TEXT NOT NULL DEFAULT '';`,
  `
  ALTER TABLE operations ADD COLUMN duration_ms REAL;
  UPDATE operations SET duration_ms = max(0, finished_at_ms - started_at_ms)
    WHERE started_at_ms IS NOT NULL AND finished_at_ms IS NOT NULL;
  CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at_ms);
  -- What a probe writes, again and again.
  CREATE TABLE journal_probe (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL) STRICT;
  INSERT INTO journal_probe VALUES (1, 0);
  `,
  `
  -- Those of the further subjects for which an operation waits its turn behind others that do: a JSON list.
  ALTER TABLE operations ADD COLUMN in_turn TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE operation_subjects ADD COLUMN in_turn INTEGER NOT NULL DEFAULT 0;
  -- Exclusion stays the table's own: active operations share a subject only if all of them wait their turn for it.
  DROP INDEX operation_subjects_active;
  CREATE INDEX operation_subjects_active ON operation_subjects (subject) WHERE state IN ('QUEUED', 'RUNNING');
  CREATE TRIGGER operation_subjects_exclusion BEFORE INSERT ON operation_subjects WHEN NEW.state IN ('QUEUED', 'RUNNING') BEGIN
    SELECT RAISE(ABORT, 'an active operation has this subject') WHERE EXISTS (
      SELECT 1 FROM operation_subjects INDEXED BY operation_subjects_active
        WHERE subject = NEW.subject AND state IN ('QUEUED', 'RUNNING')
        AND (in_turn = 0 OR NEW.in_turn = 0));
  END;
  DROP TRIGGER operations_subjects_insert;
  CREATE TRIGGER operations_subjects_insert AFTER INSERT ON operations BEGIN
    INSERT INTO operation_subjects SELECT NEW.subject, NEW.id, NEW.kind, NEW.state, 0;
    INSERT INTO operation_subjects
      SELECT DISTINCT value, NEW.id, NEW.kind, NEW.state, value IN (SELECT value FROM json_each(NEW.in_turn))
      FROM json_each(NEW.further_subjects) WHERE value <> NEW.subject;
  END;
  `,
];

/** What an idempotency key keeps: the outcomes in their order. */
export type KeptOutcome =
  | { readonly type: 'ACCEPTED' | 'ALREADY_ACTIVE'; readonly id: string }
  | { readonly type: 'QUEUE_FULL'; readonly subject?: string };

export function toOperation(row: Row): Operation {
  return {
    id: textOf(row, 'id'),
    kind: textOf(row, 'kind'),
    subject: textOf(row, 'subject'),
    subjects: [textOf(row, 'subject'), ...JSON.parse(textOf(row, 'further_subjects'))],
    nodeId: textOf(row, 'node_id'),
    host: textOf(row, 'host'),
    state: nameOf(row, 'state', allOperationStates),
    phase: textOrNull(row, 'phase'),
    message: textOf(row, 'message'),
    actor: textOf(row, 'actor'),
    request: jsonOf(row, 'request'),
    result: row.result === null ? null : jsonOf(row, 'result'),
    error: row.error === null ? null : JSON.parse(textOf(row, 'error')),
    createdAtMs: numberOf(row, 'created_at_ms'),
    startedAtMs: numberOrNull(row, 'started_at_ms'),
    finishedAtMs: numberOrNull(row, 'finished_at_ms'),
    durationMs: numberOrNull(row, 'duration_ms'),
    cancelRequested: row.cancel_requested === 1,
    seq: numberOf(row, 'seq'),
  };
}

export function toEvent(row: Row): OperationEvent {
  return {
    seq: numberOf(row, 'seq'),
    operationId: textOf(row, 'operation_id'),
    kind: textOf(row, 'kind'),
    subject: textOf(row, 'subject'),
    type: nameOf(row, 'type', operationEventTypes),
    state: nameOf(row, 'state', allOperationStates),
    phase: textOrNull(row, 'phase'),
    message: textOf(row, 'message'),
    atMs: numberOf(row, 'at_ms'),
    payload: jsonOf(row, 'payload'),
  };
}
