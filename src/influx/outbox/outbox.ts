import type { Closable } from '../../domain/closable.ts';

/** How the outbox is doing, for people and for programs. */
export interface OutboxStatus {
  /** IDLE: all was sent. RETRYING: it did not work and is tried again by itself. PAUSED: someone has to mend something first. */
  readonly state: 'IDLE' | 'SENDING' | 'RETRYING' | 'PAUSED';
  /** Lines that InfluxDB has not accepted yet. */
  readonly waiting: number;
  /** Epoch milliseconds since when the first of them has been waiting; null if none is. */
  readonly waitingSinceMs: number | null;
  /** Lines that InfluxDB refused for what they are: they wait for a command. */
  readonly dead: number;
  /** Lines that did not fit into a full outbox: `memoir records sync` writes them. */
  readonly overflowed: number;
  /** Why the last attempt did not work; null when it did. */
  readonly reason: string | null;
  /** What a person can do about it. */
  readonly mend: string | null;
  readonly nextAttemptAtMs: number | null;
  /** Since the server started. */
  readonly accepted: number;
  readonly lastAcceptedAtMs: number | null;
}

/** A line that was refused for what it is. */
export interface DeadLetter {
  readonly seq: number;
  /** What the line is of: a record's id. */
  readonly key: string;
  readonly line: string;
  readonly reason: string;
  readonly enqueuedAtMs: number;
  readonly diedAtMs: number;
}

/** Keys of lines, each once, oldest first, and of how many lines there is more to say. */
export interface HeldLines {
  readonly waiting: readonly string[];
  readonly dead: readonly string[];
  /** There are more keys than asked for. */
  readonly more: boolean;
  /** Lines that did not fit. */
  readonly overflowed: number;
}

/**
 * Lines on their way to InfluxDB, kept in the database from the transaction that made them until they are accepted: sent in
 * order, the same bytes every time (which makes sending twice harmless), never in the way of anything else.
 */
export interface Outbox extends Closable {
  /** There may be something new (an effect of the journal has put lines in, in its transaction): look now. */
  wake(): void;
  /** Resolves when nothing is waiting, when sending does not work at the moment, or after so many milliseconds. */
  settled(timeoutMs: number): Promise<void>;
  /** What is here and not in InfluxDB. */
  held(limit: number): Promise<HeldLines>;
  status(): Promise<OutboxStatus>;
  /** Oldest first, behind `afterSeq`. */
  deadLetters(limit: number, afterSeq?: number): Promise<readonly DeadLetter[]>;
  /** Sends dead letters again, these or all; also ends a pause. Answers how many. */
  retry(seqs?: readonly number[]): Promise<number>;
  /** What did not fit is elsewhere by now: forgets that there was any. */
  forgetOverflow(): Promise<void>;
  /** Keeps lines that InfluxDB refused when someone else sent them; those of the same key before are replaced. */
  bury(key: string, lines: readonly string[], reason: string): Promise<void>;
  /** Forgets the dead letters of these keys: what they are of is in InfluxDB by now. */
  dismiss(keys: readonly string[]): Promise<void>;
}
