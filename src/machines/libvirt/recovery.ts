import { domainStates, listDomainsFlags } from '../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../libvirt/reconnecting-connection.ts';
import type { MachineRecovery } from '../hypervisor.ts';
import type { CaptureNotes } from './capture-note.ts';
import { toFailure } from './failure.ts';
import { frozenReason } from './forecast.ts';
import { hasFrozenThread } from './frozen-threads.ts';
import { Guest, isOver } from './guest.ts';
import { restore, switchOff } from './restoration.ts';

export interface RecoveryParts {
  readonly link: ReconnectingConnection;
  readonly notes: CaptureNotes;
  /** Machines that this server captures now: theirs is not to be touched. */
  readonly busy: ReadonlySet<string>;
}

/** Puts right what the notes of unfinished captures say. Idempotent; what cannot be done yet stays noted. */
export async function recoverNoted({ link, notes, busy }: RecoveryParts): Promise<MachineRecovery> {
  const repaired: string[] = [];
  const pending: string[] = [];
  for (const note of await notes.all()) {
    if (busy.has(note.machineId)) continue;
    if (await hasFrozenThread(note.machineId)) {
      pending.push(frozenLine(note.machineName));
      continue;
    }
    try {
      repaired.push(...(await restore(link, note)));
      await notes.remove(note.machineId);
    } catch (error) {
      pending.push(
        `${JSON.stringify(note.machineName)}: ${toFailure(error, 'putting right what a capture left').message}`,
      );
    }
  }
  return { repaired, pending };
}

/**
 * Looks for the snapshot capability on guests that nobody noted: notes may have been lost. Only guests that somebody has
 * spoken to through the monitor are asked (libvirt marks them as tainted), because asking marks them too. A guest that is at
 * a migration now is somebody else's business.
 */
export async function recoverUnnoted({ link, busy }: RecoveryParts): Promise<MachineRecovery> {
  const repaired: string[] = [];
  const pending: string[] = [];
  const { domains } = await link.call('connectListAllDomains', { need: 1, flags: listDomainsFlags.active });
  for (const domain of domains) {
    if (busy.has(domain.uuid)) continue;
    const guest = new Guest(link, domain);
    try {
      if (!(await wasSpokenTo(link, guest))) continue;
      if (await hasFrozenThread(domain.uuid)) {
        // Not asked: its QEMU may never answer, and the start of the server would wait for it.
        pending.push(frozenLine(domain.name));
        continue;
      }
      if ((await guest.state()).state === domainStates.shutoff || !isOver(await guest.migration())) continue;
      if (await switchOff(guest))
        repaired.push(`${JSON.stringify(domain.name)}: the capability background-snapshot was on, and is off now`);
    } catch (error) {
      const failure = toFailure(error, 'asking for its capabilities');
      if (failure.code !== 'GUEST_GONE') pending.push(`${JSON.stringify(domain.name)}: ${failure.message}`);
    }
  }
  return { repaired, pending };
}

const frozenLine = (name: string): string => `${JSON.stringify(name)}: ${frozenReason}`;

async function wasSpokenTo(link: ReconnectingConnection, { domain }: Guest): Promise<boolean> {
  try {
    const messages = await link.call('domainGetMessages', { domain, flags: 0 });
    return messages.some((message) => /custom.monitor/.test(message));
  } catch {
    // libvirt before 7.1 does not tell; asking for the capability is then worth the mark.
    return true;
  }
}
