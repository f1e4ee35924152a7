import { setTimeout as sleep } from 'node:timers/promises';
import { domainStates, listDomainsFlags } from '../../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import type { MachineRecovery } from '../../hypervisor.ts';
import { toFailure } from '../failure.ts';
import { frozenReason } from '../forecast.ts';
import type { HypervisorLinks } from '../link/links.ts';
import type { CaptureNotes } from './capture-note.ts';
import { hasFrozenThread } from './frozen-threads.ts';
import { Guest, isOver } from './guest.ts';
import { restore, switchOff } from './restoration.ts';

/** Between two looks at a capability that nobody noted: a capture has it on for milliseconds before its migration begins. */
const secondLookMs = 2_000;

export interface RecoveryParts {
  readonly links: HypervisorLinks;
  readonly notes: CaptureNotes;
  /** Machines that this server captures now: theirs is not to be touched. */
  readonly isBusy: (machineId: string) => boolean;
  /** Where the kernel tells of processes. Default /proc. */
  readonly proc?: string;
}

/** Puts right what the notes of unfinished captures say. Idempotent; what cannot be done yet stays noted. */
export async function recoverNoted({ links, notes, isBusy, proc }: RecoveryParts): Promise<MachineRecovery> {
  const repaired: string[] = [];
  const pending: string[] = [];
  await notes.sweep(isBusy);
  for (const note of await notes.all()) {
    if (isBusy(note.machineId)) continue;
    if (await hasFrozenThread(note.machineId, proc)) {
      pending.push(frozenLine(note.machineName));
      continue;
    }
    try {
      repaired.push(...(await restore(links, note)));
      await notes.remove(note.machineId);
    } catch (error) {
      pending.push(`${JSON.stringify(note.machineName)}: ${toFailure(error, 'cleaning up after a capture').message}`);
    }
  }
  return { repaired, pending };
}

/**
 * Looks for the snapshot capability on guests that nobody noted: notes may have been lost. Only guests that someone has
 * spoken to through the monitor are asked (libvirt marks them as tainted), because asking marks them too. A guest that is at
 * a migration now is someone else's business, and so is one whose capability was switched on a moment ago: another server
 * of ours may be about to start its snapshot, which without the capability would be a migration that stops the guest.
 */
export async function recoverUnnoted({ links, isBusy, proc }: RecoveryParts): Promise<MachineRecovery> {
  const repaired: string[] = [];
  const pending: string[] = [];
  const { domains } = await links.control.call('connectListAllDomains', { need: 1, flags: listDomainsFlags.active });
  const eachOf = async (guests: readonly Guest[], look: (guest: Guest) => Promise<void>): Promise<void> => {
    for (const guest of guests) {
      try {
        await look(guest);
      } catch (error) {
        const failure = toFailure(error, 'asking for its capabilities');
        if (failure.code !== 'GUEST_GONE') pending.push(`${JSON.stringify(guest.domain.name)}: ${failure.message}`);
      }
    }
  };
  const isLeftOn = async (guest: Guest): Promise<boolean> =>
    (await guest.state()).state !== domainStates.shutoff &&
    isOver(await guest.migration()) &&
    (await guest.snapshotCapability()) === true;

  const found: Guest[] = [];
  const others = domains.filter(({ uuid }) => !isBusy(uuid)).map((domain) => new Guest(links, domain));
  await eachOf(others, async (guest) => {
    if (!(await wasSpokenTo(links.control, guest))) return;
    // Not asked: its QEMU may never answer, and the start of the server would wait for it.
    if (await hasFrozenThread(guest.domain.uuid, proc)) pending.push(frozenLine(guest.domain.name));
    else if (await isLeftOn(guest)) found.push(guest);
  });
  if (found.length > 0) await sleep(secondLookMs);
  await eachOf(found, async (guest) => {
    if ((await isLeftOn(guest)) && (await switchOff(guest)))
      repaired.push(`${JSON.stringify(guest.domain.name)}: turned off a leftover background-snapshot capability`);
  });
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
