import type { AlertKind, Condition } from './alert.ts';

/** Looks for one kind of trouble. */
export interface AlertSource {
  readonly kind: AlertKind;
  /** All that is wrong now. Rejects where that cannot be known: then what was known stays as it is. */
  look(signal: AbortSignal): Promise<readonly Condition[]>;
}
