import type { Json } from '../domain/json.ts';
import type { ErrorShape } from '../domain/memoir-error.ts';
import type { OperationState } from '../domain/operation-state.ts';

/** What an operation excludes others from while it is active; the first is what it is about. At least one. */
export type Subjects = readonly [string, ...string[]];

/** One piece of work with a life, as the journal holds it. */
export interface Operation {
  /** UUIDv7: sorts by the time of submission. */
  readonly id: string;
  readonly kind: string;
  /** What it is about, e.g. `vm:<uuid>`: the first of its subjects. */
  readonly subject: string;
  /** All that it excludes others from while it is active. */
  readonly subjects: Subjects;
  /** The server that works on it; empty for operations of versions that knew names only. */
  readonly nodeId: string;
  /** The name of that server's host, as people know it. */
  readonly host: string;
  readonly state: OperationState;
  /** The named stage it is in, or was in when it ended; null before the first. */
  readonly phase: string | null;
  /** One sentence for a person. */
  readonly message: string;
  /** Who asked for it: a token's name, or `local`. */
  readonly actor: string;
  readonly request: Json;
  readonly result: Json | null;
  readonly error: ErrorShape | null;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  /** How long it ran, by a clock that nobody sets; null before its end, and where the server ended before it. */
  readonly durationMs: number | null;
  /** Somebody asked for its end; it is still active until it has cleaned up. */
  readonly cancelRequested: boolean;
  /** Sequence number of its newest event. */
  readonly seq: number;
}

/** What can be said of an operation. The first six are transitions; the rest are what a kind reports of its life and after. */
export const operationEventTypes = [
  'QUEUED',
  'STARTED',
  'REQUEUED',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'CANCEL_REQUESTED',
  'PHASE',
  'NOTED',
] as const;

export type OperationEventType = (typeof operationEventTypes)[number];

/** One entry of the event log. `seq` is strictly increasing without a gap over the whole journal, across restarts. */
export interface OperationEvent {
  readonly seq: number;
  readonly operationId: string;
  readonly kind: string;
  readonly subject: string;
  readonly type: OperationEventType;
  /** The operation's state after it. */
  readonly state: OperationState;
  readonly phase: string | null;
  readonly message: string;
  readonly atMs: number;
  readonly payload: Json;
}
