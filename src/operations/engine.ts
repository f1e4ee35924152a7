import { createSteadyClock } from '../async/steady-clock.ts';
import { isMemoirError, MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import { isTerminal, type OperationState } from '../domain/operation-state.ts';
import { EventLog } from './event-log.ts';
import type { Journal, Transition, Written } from './journal.ts';
import type { Operation } from './operation.ts';
import type { OperationKind, Recovery } from './operation-kind.ts';
import type { Operations } from './operations.ts';
import type { OperationsLog } from './operations-log.ts';
import { ProgressBoard } from './progress-board.ts';
import { startRetention } from './retention.ts';
import { Scheduler } from './scheduler.ts';

export interface EngineOptions {
  readonly journal: Journal;
  readonly kinds: readonly OperationKind[];
  /** This server, whatever it is called; `host` is the name that people see. */
  readonly nodeId: string;
  readonly host: string;
  readonly createId: () => string;
  readonly log: OperationsLog;
  /** Most operations of a kind that may wait. */
  readonly queueLimit: number;
  /** How long `close` lets running operations end by themselves before it aborts them. */
  readonly graceMs: number;
  /** How long finished operations and events are kept; null for ever. */
  readonly retentionMs?: number | null;
  readonly now?: () => number;
}

/**
 * Starts the engine: brings what the last server left RUNNING to an end (each kind says how), queues what was QUEUED, and
 * works from then on. When it resolves, the journal tells the truth again.
 */
export async function startOperations(options: EngineOptions): Promise<Operations> {
  const { journal, nodeId, host, log, now = Date.now } = options;
  const kinds = new Map(options.kinds.map((kind) => [kind.type.name, kind]));
  if (kinds.size < options.kinds.length) throw new MemoirError('INTERNAL', 'two kinds of operation have one name');
  const events = new EventLog(journal, await journal.bounds());
  const board = new ProgressBoard();

  /** Every change goes through here, so that nothing is told that is not durable, and nothing durable stays untold. */
  async function told(change: Promise<Written>): Promise<Operation> {
    const { operation, event } = await change;
    board.update(operation);
    events.publish([event]);
    return operation;
  }
  const step = (transition: Omit<Transition, 'atMs'>) => told(journal.transition({ ...transition, atMs: now() }));
  const scheduler = new Scheduler({
    kinds,
    step,
    log,
    board,
    note: (note) => told(journal.note({ ...note, atMs: now() })),
  });

  const adopted = await journal.adopt({ nodeId, host });
  if (adopted > 0)
    log.warn({ adopted }, 'took over the operations of a server that had another name or id from this data directory');
  for (const operation of await journal.active()) {
    if (operation.state === 'QUEUED') {
      board.update(operation);
      if (operation.cancelRequested) await step({ id: operation.id, from: 'QUEUED', ...cancelledBefore });
      else scheduler.enqueue(operation);
      continue;
    }
    const recovered = await recover(operation, kinds.get(operation.kind), log);
    const after = await step(toTransition(operation, recovered));
    if (after.state === 'QUEUED') scheduler.enqueue(after);
  }
  scheduler.start();
  const retention = startRetention({
    journal,
    kinds,
    log,
    retentionMs: options.retentionMs ?? null,
    clock: createSteadyClock({ now }),
    pruned: (first) => events.pruned(first),
  });

  const watchProgress: Operations['watchProgress'] = async (query) => {
    const { stream, show } = board.watch(query);
    try {
      const named = await journal.get(query.ids ?? []);
      const unknown = named.indexOf(null);
      if (unknown >= 0) throw new MemoirError('NOT_FOUND', `there is no operation ${query.ids?.[unknown]}`);
      show(named.filter((operation) => operation !== null));
      return stream;
    } catch (error) {
      stream.end();
      throw error;
    }
  };

  const submit: Operations['submit'] = async (batch, context) => {
    if (scheduler.closing) throw new MemoirError('SHUTTING_DOWN', 'the server is stopping');
    for (const { kind } of batch) {
      if (!kinds.has(kind)) throw new MemoirError('INTERNAL', `no kind of operation is called ${kind}`);
    }
    const ids = batch.map(() => options.createId());
    const result = await journal.submit(batch, context, {
      ids,
      nodeId,
      host,
      atMs: now(),
      queueLimit: options.queueLimit,
    });
    if (!result.repeated) {
      for (const outcome of result.outcomes) {
        if (outcome.type !== 'ACCEPTED') continue;
        board.update(outcome.operation);
        scheduler.enqueue(outcome.operation);
      }
      events.publish(result.events);
    }
    return result.outcomes;
  };

  return {
    submit,

    async submitOne(submission, context) {
      const [outcome] = await submit([submission], context);
      if (outcome?.type === 'ACCEPTED') return outcome.operation;
      if (outcome?.type !== 'ALREADY_ACTIVE') throw new MemoirError('QUEUE_FULL', 'too many operations are queued');
      const { id, kind } = outcome.active;
      const underWay = kinds.get(kind)?.type.underWay ?? `an operation of kind ${kind} is active`;
      throw new MemoirError('ALREADY_ACTIVE', underWay, { details: { active: id } });
    },

    async cancel(id, actor) {
      const [operation] = await journal.get([id]);
      if (!operation) throw new MemoirError('NOT_FOUND', `there is no operation ${id}`);
      if (isTerminal(operation.state))
        throw new MemoirError('ALREADY_FINISHED', `operation ${id} is ${operation.state} already`);
      const payload = { actor };
      if (scheduler.dequeue(id)) {
        const message = `Cancelled by ${actor} before it began`;
        return step({ id, from: 'QUEUED', to: 'CANCELLED', message, payload }).catch((error: unknown) => {
          scheduler.enqueue(operation);
          throw error;
        });
      }
      const wish = operation.cancelRequested
        ? operation
        : await told(
            journal.note({ id, type: 'CANCEL_REQUESTED', atMs: now(), message: `${actor} asked to cancel`, payload }),
          );
      scheduler.abort(id, new MemoirError('CANCELLED', `cancelled by ${actor}`));
      return wish;
    },

    note: (id, message, payload, effects) =>
      told(journal.note({ id, type: 'NOTED', atMs: now(), message, payload, effects })),
    get: (ids) => journal.get(ids),
    page: (query) => journal.page(query),
    tally: () => journal.tally(),
    probe: () => journal.probe(),
    bounds: () => journal.bounds(),
    eventsOf: (operationId, limit) => journal.eventsOf(operationId, limit),
    live: (operation) => board.live(operation),

    watchProgress,
    watchEvents: (after) => events.watch(after),

    async settled(id, signal) {
      const stream = await watchProgress({ ids: [id] });
      const leave = () => void stream.return?.();
      signal?.addEventListener('abort', leave, { once: true });
      try {
        for await (const { operation } of stream) if (isTerminal(operation.state)) return operation;
        throw signal?.reason ?? new MemoirError('SHUTTING_DOWN', 'the server is stopping');
      } finally {
        signal?.removeEventListener('abort', leave);
      }
    },

    async close() {
      await retention.close();
      await scheduler.close(options.graceMs);
      board.end();
      events.end();
    },
  };
}

/** The end of an operation whose cancellation was asked for, and that a restart found not to be at work. */
const cancelledBefore = {
  to: 'CANCELLED',
  message: 'Cancelled before the server ran it again',
  error: toErrorShape(new MemoirError('CANCELLED', 'cancelled before the server ran it again')),
} as const;

async function recover(operation: Operation, kind: OperationKind | undefined, log: OperationsLog): Promise<Recovery> {
  try {
    return (await kind?.recover(operation, kind.type.requestOf(operation))) ?? { action: 'FAIL' };
  } catch (error) {
    log.error(
      { operation: operation.id, error: toErrorShape(error) },
      'recovery could not clean up after an operation',
    );
    const reason = isMemoirError(error) ? `: ${error.message}` : '';
    return { action: 'FAIL', message: `The server ended while it ran, and cleaning up failed${reason}` };
  }
}

function toTransition(operation: Operation, recovery: Recovery): Omit<Transition, 'atMs'> {
  const common: { id: string; from: OperationState } = { id: operation.id, from: 'RUNNING' };
  switch (recovery.action) {
    case 'FAIL': {
      const message = recovery.message ?? 'The server ended while it ran';
      return { ...common, to: 'FAILED', message, error: toErrorShape(new MemoirError('INTERRUPTED', message)) };
    }
    case 'REQUEUE':
      // Nothing is left of it, and it is no longer needed.
      if (operation.cancelRequested) return { ...common, ...cancelledBefore };
      return { ...common, to: 'QUEUED', message: recovery.message ?? 'Queued again after a restart' };
    case 'COMPLETE': {
      const { action: _, effects = [], ...outcome } = recovery;
      return { ...common, to: 'COMPLETED', ...outcome, effects };
    }
    default:
      return recovery satisfies never;
  }
}
