import type { Closable } from '../domain/closable.ts';
import type { Alert } from './alerts/alert.ts';
import type { Hook, NewHook } from './hook.ts';

export const deliveryStates = ['PENDING', 'DELIVERED', 'DEAD'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** One notification on its way to one hook. */
export interface Delivery {
  /** Its place in the list. */
  readonly seq: number;
  readonly hookId: string;
  /** What the receiver sees as `webhook-id`. */
  readonly notificationId: string;
  /** The CloudEvents type. */
  readonly type: string;
  readonly message: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** When it is tried next; null when it is not. */
  readonly nextAttemptAtMs: number | null;
  /** The receiver's last HTTP status; null before an answer, and for mail. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

export interface DeliveryQuery {
  readonly hookId?: string;
  readonly states?: readonly DeliveryState[];
  /** 1 to 1000; newest first. */
  readonly limit: number;
  /** Deliveries older than this one (exclusive). */
  readonly beforeSeq?: number;
}

/**
 * Tells others what happens here: webhooks and mail. Every event that a hook wants becomes a delivery in the same
 * transaction that moves the place in the event log, and stays until the receiver has taken it or it was tried for three
 * days: at least once, in order per operation, whatever is killed in between.
 *
 * Failures: BAD_INPUT for what cannot be a hook, NOT_FOUND, and NAME_TAKEN for a second hook of a name.
 */
export interface Notifications extends Closable {
  hooks(): Promise<readonly Hook[]>;
  /** The secret signs what is sent to it; it is shown this once. Null for mail. */
  createHook(wish: NewHook, actor: string): Promise<{ readonly hook: Hook; readonly secret: string | null }>;
  /** Replaces its definition. Deliveries under way go where it points now. */
  updateHook(id: string, wish: NewHook): Promise<Hook>;
  /** Switched off, nothing is delivered and nothing new is kept for it; what was pending waits. */
  setHookEnabled(id: string, enabled: boolean): Promise<Hook>;
  /** With everything that was to be delivered to it. */
  deleteHook(id: string): Promise<Hook>;
  /** A new secret; the old one signs beside it for a day. */
  rotateSecret(id: string): Promise<{ readonly hook: Hook; readonly secret: string }>;
  /** Sends a test at once, past the queue, and answers how it went. Never retried. */
  testHook(id: string): Promise<Delivery>;
  deliveries(query: DeliveryQuery): Promise<readonly Delivery[]>;
  /** Of one hook or all, by state. */
  countDeliveries(hookId?: string): Promise<Readonly<Record<DeliveryState, number>>>;
  /** Tries one again from the beginning of the schedule, also one that was delivered. */
  resend(seq: number): Promise<Delivery>;
  /** What is wrong at the moment, and what was, newest first. */
  alerts(query: { readonly activeOnly: boolean; readonly limit: number }): Promise<readonly Alert[]>;
  /** Whether mail can be sent at all: MAIL hooks need an SMTP server in the configuration. */
  readonly canMail: boolean;
}
