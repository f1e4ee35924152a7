import { setTimeout as sleep } from 'node:timers/promises';
import { ReconnectingConnection, type ReconnectOptions } from '../../../libvirt/reconnecting-connection.ts';
import { isAway } from '../failure.ts';
import { SilentGuests } from './silent-guests.ts';

/** How long a libvirtd that went away is waited for: an upgrade restarts it within seconds. */
const absenceMs = 60_000;
/** Between two attempts while it is there and still says that it is not. */
const againMs = 100;

/**
 * The connections to one libvirt. What goes through a guest's QEMU has one of its own, because libvirt answers such a call
 * when QEMU does: a guest that hangs never takes a place from listing, watching and measuring the others.
 */
export interface HypervisorLinks {
  readonly control: ReconnectingConnection;
  readonly monitor: ReconnectingConnection;
  /** How long a guest's QEMU may take to answer: a frozen one never does, and libvirt has no limit of its own. */
  readonly answerMs: number;
  readonly silent: SilentGuests;
}

export function openLinks(uri: string, options: ReconnectOptions = {}, answerMs = 20_000): HypervisorLinks {
  const open = (): ReconnectingConnection => new ReconnectingConnection(uri, options);
  return { control: open(), monitor: open(), answerMs, silent: new SilentGuests() };
}

export async function closeLinks({ control, monitor }: HypervisorLinks): Promise<void> {
  await Promise.all([control.close(), monitor.close()]);
}

/** Resolves when both are up. */
export async function linksReady({ control, monitor }: HypervisorLinks, signal: AbortSignal): Promise<void> {
  await Promise.all([control.ready({ signal }), monitor.ready({ signal })]);
}

/** Calls that libvirt has not answered and nobody waits for any more; `tell` hears of every change. */
export function watchUnanswered({ control, monitor }: HypervisorLinks, tell: (count: number) => void): void {
  for (const link of [control, monitor]) link.onUnanswered(() => tell(control.unanswered + monitor.unanswered));
}

/** Asks until libvirt answers, if it only went away for a while; for what may be asked twice. */
export async function throughRestarts<T>(
  links: HypervisorLinks,
  signal: AbortSignal,
  ask: () => Promise<T>,
): Promise<T> {
  let absence: AbortSignal | undefined;
  for (;;)
    try {
      return await ask();
    } catch (error) {
      absence ??= AbortSignal.any([AbortSignal.timeout(absenceMs), signal]);
      if (!isAway(error) || absence.aborted) throw error;
      await linksReady(links, absence).catch(() => undefined);
      await sleep(againMs);
    }
}
