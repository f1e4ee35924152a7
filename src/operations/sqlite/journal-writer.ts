import type { DatabaseSync } from 'node:sqlite';
import { transact } from '../../database/connection.ts';
import type { Effect, EffectWriter, OpenEffects } from '../../database/effect.ts';
import { migrate } from '../../database/migration.ts';
import { rowOf, textOf } from '../../database/row.ts';
import type { Json } from '../../domain/json.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { ModuleReference } from '../../domain/module-reference.ts';
import { isTerminal, mayFollow, type OperationState } from '../../domain/operation-state.ts';
import type { Acceptance, Note, SubmitResult, Transition, Written } from '../journal.ts';
import type { Operation, OperationEvent, OperationEventType } from '../operation.ts';
import type { Submission, SubmitContext, SubmitOutcome } from '../submission.ts';
import { journalPruning } from './pruning.ts';
import { restoreWriter } from './restore-effect.ts';
import { type KeptOutcome, operationMigrations, toEvent, toOperation } from './row.ts';

/** How long a key is remembered. */
const keyLifeMs = 7 * 24 * 60 * 60 * 1000;

/** The event that a step into a state is told by. */
const transitionEvents = {
  QUEUED: 'REQUEUED',
  RUNNING: 'STARTED',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const satisfies Record<OperationState, OperationEventType>;

/** Options: the modules that carry out effects. */
export interface JournalWriterOptions {
  readonly effects: readonly ModuleReference[];
}

export async function openService(connection: DatabaseSync, { effects }: JournalWriterOptions) {
  migrate(connection, 'operations', operationMigrations);
  const writers: EffectWriter[] = [restoreWriter(connection)];
  for (const { module, options } of effects) {
    const { openEffects }: { openEffects: OpenEffects } = await import(module);
    writers.push(...(await openEffects(connection, options)));
  }
  return journalWriter(connection, new Map(writers.map((writer) => [writer.type, writer])));
}

export type JournalWriter = ReturnType<typeof journalWriter>;

function journalWriter(connection: DatabaseSync, effects: ReadonlyMap<string, EffectWriter>) {
  const select = connection.prepare('SELECT * FROM operations WHERE id = ?');
  const selectActive = connection.prepare(
    `SELECT operations.*, operation_subjects.in_turn AS waits FROM operation_subjects INDEXED BY operation_subjects_active
     JOIN operations ON operations.id = operation_id
     WHERE operation_subjects.subject = ? AND operation_subjects.state IN ('QUEUED', 'RUNNING')
     ORDER BY operation_id`,
  );
  const countQueued = connection.prepare("SELECT count FROM operation_tally WHERE kind = ? AND state = 'QUEUED'");
  const insert = connection.prepare(
    `INSERT INTO operations (id, kind, subject, further_subjects, in_turn, node_id, host, state, message, actor,
       request, created_at_ms, seq)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'QUEUED', ?, ?, ?, ?, 0)`,
  );
  const insertEvent = connection.prepare(
    `INSERT INTO operation_events (operation_id, kind, subject, type, state, phase, message, at_ms, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
  );
  const setSeq = connection.prepare('UPDATE operations SET seq = ? WHERE id = ?');
  const update = connection.prepare(
    `UPDATE operations SET state = ?, phase = ?, message = ?, result = ?, error = ?, started_at_ms = ?, finished_at_ms = ?,
     duration_ms = ?, cancel_requested = ? WHERE id = ?`,
  );
  const adoptActive = connection.prepare(
    `UPDATE operations SET node_id = ?, host = ?
     WHERE state IN ('QUEUED', 'RUNNING') AND (node_id <> ? OR host <> ?)`,
  );
  const writeProbe = connection.prepare('UPDATE journal_probe SET count = count + 1');
  const selectKey = connection.prepare('SELECT * FROM idempotency_keys WHERE key = ?');
  const insertKey = connection.prepare('INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)');
  const forgetKeys = connection.prepare('DELETE FROM idempotency_keys WHERE created_at_ms < ?');

  function find(id: string): Operation {
    const row = select.get(id);
    if (row === undefined) throw new MemoirError('NOT_FOUND', `there is no operation ${id}`);
    return toOperation(row);
  }

  function say(
    operation: Operation,
    type: OperationEventType,
    message: string,
    atMs: number,
    payload: Json,
  ): OperationEvent {
    const { id, kind, subject, state, phase } = operation;
    const event = toEvent(
      rowOf(insertEvent.get(id, kind, subject, type, state, phase, message, atMs, JSON.stringify(payload))),
    );
    setSeq.run(event.seq, id);
    return event;
  }

  function carryOut(wanted: readonly Effect[] = []): void {
    for (const { type, payload } of wanted) {
      const effect = effects.get(type);
      if (effect === undefined) throw new MemoirError('INTERNAL', `nobody carries out the effect ${type}`);
      effect.write(payload);
    }
  }

  function save(operation: Operation): void {
    update.run(
      operation.state,
      operation.phase,
      operation.message,
      operation.result === null ? null : JSON.stringify(operation.result),
      operation.error === null ? null : JSON.stringify(operation.error),
      operation.startedAtMs,
      operation.finishedAtMs,
      operation.durationMs,
      operation.cancelRequested ? 1 : 0,
      operation.id,
    );
  }

  function repeat(kept: readonly KeptOutcome[]): SubmitResult {
    const outcomes = kept.map((outcome): SubmitOutcome => {
      if (outcome.type === 'QUEUE_FULL') return { subject: '', ...outcome };
      const operation = find(outcome.id);
      return outcome.type === 'ACCEPTED'
        ? { type: 'ACCEPTED', operation }
        : { type: 'ALREADY_ACTIVE', active: operation };
    });
    return { outcomes, events: [], repeated: true };
  }

  function accept(
    { kind, subjects, inTurn = [], message, request }: Submission,
    { id, actor, nodeId, host, atMs, queueLimit }: Omit<Acceptance, 'ids'> & { id: string; actor: string },
    events: OperationEvent[],
  ): SubmitOutcome {
    for (const subject of subjects) {
      const active = selectActive.all(subject).find(({ waits }) => waits !== 1 || !inTurn.includes(subject));
      if (active !== undefined) return { type: 'ALREADY_ACTIVE', active: toOperation(active) };
    }
    const queued = Number(countQueued.get(kind)?.count ?? 0);
    if (queueLimit !== undefined && queued >= queueLimit) return { type: 'QUEUE_FULL', subject: subjects[0] };
    const [subject, ...further] = subjects;
    const lists = [further, inTurn].map((list) => JSON.stringify(list));
    insert.run(id, kind, subject, ...lists, nodeId, host, message, actor, JSON.stringify(request), atMs);
    const event = say(find(id), 'QUEUED', message, atMs, { actor });
    events.push(event);
    return { type: 'ACCEPTED', operation: find(id) };
  }

  return {
    ...journalPruning(connection),

    submit(batch: readonly Submission[], context: SubmitContext, { ids, ...acceptance }: Acceptance): SubmitResult {
      return transact(connection, () => {
        const { actor, idempotencyKey: key, fingerprint = '' } = context;
        const { atMs } = acceptance;
        forgetKeys.run(atMs - keyLifeMs);
        const known = key === undefined ? undefined : selectKey.get(key);
        if (known !== undefined) {
          if (known.fingerprint !== fingerprint) {
            throw new MemoirError('IDEMPOTENCY_CONFLICT', 'this idempotency key was used for another request');
          }
          return repeat(JSON.parse(textOf(known, 'outcomes')));
        }
        const events: OperationEvent[] = [];
        const outcomes = batch.map((submission, index) => {
          const id = ids[index];
          if (id === undefined) throw new MemoirError('INTERNAL', 'a submission came without an id');
          return accept(submission, { ...acceptance, id, actor }, events);
        });
        if (key !== undefined && events.length > 0) {
          insertKey.run(key, fingerprint, JSON.stringify(outcomes.map(toKept)), atMs);
        }
        return { outcomes, events, repeated: false };
      });
    },

    transition(step: Transition): Written {
      return transact(connection, () => {
        const before = find(step.id);
        if (isTerminal(before.state))
          throw new MemoirError('ALREADY_FINISHED', `operation ${step.id} is ${before.state} already`);
        if (before.state !== step.from || !mayFollow(step.from, step.to)) {
          throw new MemoirError(
            'INTERNAL',
            `operation ${step.id} is ${before.state}: it cannot go from ${step.from} to ${step.to}`,
          );
        }
        const message = step.message ?? before.message;
        const after: Operation = {
          ...before,
          state: step.to,
          phase: step.to === 'QUEUED' ? null : (step.phase ?? before.phase),
          message,
          result: step.result ?? before.result,
          error: step.error ?? before.error,
          startedAtMs: step.to === 'RUNNING' ? step.atMs : step.to === 'QUEUED' ? null : before.startedAtMs,
          finishedAtMs: isTerminal(step.to) ? step.atMs : null,
          durationMs: isTerminal(step.to) ? (step.durationMs ?? null) : null,
        };
        save(after);
        carryOut(step.effects);
        const payload = step.payload ?? (step.error ? { code: step.error.code, message: step.error.message } : {});
        const event = say(after, transitionEvents[step.to], message, step.atMs, payload);
        return { operation: { ...after, seq: event.seq }, event };
      });
    },

    adopt({ nodeId, host }: { nodeId: string; host: string }): number {
      return Number(adoptActive.run(nodeId, host, nodeId, host).changes);
    },

    probe(): void {
      writeProbe.run();
    },

    note(note: Note): Written {
      return transact(connection, () => {
        const before = find(note.id);
        if (note.type !== 'NOTED' && isTerminal(before.state)) {
          throw new MemoirError('ALREADY_FINISHED', `operation ${note.id} is ${before.state} already`);
        }
        const message = note.message ?? before.message;
        const after: Operation = {
          ...before,
          phase: note.phase ?? before.phase,
          message: note.type === 'PHASE' ? message : before.message,
          cancelRequested: before.cancelRequested || note.type === 'CANCEL_REQUESTED',
        };
        save(after);
        carryOut(note.effects);
        const event = say(after, note.type, message, note.atMs, note.payload ?? {});
        return { operation: { ...after, seq: event.seq }, event };
      });
    },
  };
}

function toKept(outcome: SubmitOutcome): KeptOutcome {
  switch (outcome.type) {
    case 'ACCEPTED':
      return { type: 'ACCEPTED', id: outcome.operation.id };
    case 'ALREADY_ACTIVE':
      return { type: 'ALREADY_ACTIVE', id: outcome.active.id };
    case 'QUEUE_FULL':
      return outcome;
    default:
      return outcome satisfies never;
  }
}
