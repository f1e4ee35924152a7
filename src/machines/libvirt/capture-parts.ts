import type { MemoirError } from '../../domain/memoir-error.ts';
import type { ConnectOptions } from '../../libvirt/connection-options.ts';
import type { CapturePlan, CaptureReader } from '../capture.ts';
import type { Guest } from './guest.ts';
import type { HypervisorLinks } from './links.ts';

/** What the two methods of capture need. */
export interface CaptureParts {
  readonly links: HypervisorLinks;
  /** How other connections to the same hypervisor are opened. */
  readonly connectOptions: ConnectOptions;
  readonly guest: Guest;
  readonly plan: CapturePlan;
  readonly reader: CaptureReader;
  readonly signal: AbortSignal;
  readonly wasRunning: boolean;
  /** Notes that the guest is about to be changed. To be awaited before the first command that changes it. */
  touch(): Promise<void>;
}

/** Rejects with the signal's reason as soon as there is one; never resolves. `end` it when nobody waits any more. */
export function untilAborted(signal: AbortSignal): { readonly aborted: Promise<never>; end(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const onAbort = (): void => reject(signal.reason as MemoirError);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return { aborted: promise, end: () => signal.removeEventListener('abort', onAbort) };
}
