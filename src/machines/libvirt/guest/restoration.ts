import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import { removeFifo } from '../core-dump/fifo.ts';
import { removeVolume } from '../core-dump/volume-place.ts';
import { isGone } from '../failure.ts';
import type { HypervisorLinks } from '../link/links.ts';
import type { CaptureNote } from './capture-note.ts';
import { foreignJob, foreignMigration } from './foreign-work.ts';
import { Guest, isOver, mayBeOurPause } from './guest.ts';

/** How long something that is ending may take to end, before it is left for a later attempt. */
const endingMs = 15_000;
const pollMs = 50;

/**
 * Puts a guest and its host back as they were before the capture that the note is of. Safe to repeat. Resolves with what
 * had to be put right, a line each; rejects if it cannot be done yet, and then it must be tried again.
 */
export async function restore(links: HypervisorLinks, note: CaptureNote): Promise<string[]> {
  const repaired: string[] = [];
  // First of all: a dump whose reader is gone holds its guest until the read end is closed.
  for (const place of note.places) await removeFifo(place);
  for (const socket of note.sockets) await rm(socket, { force: true });
  if (note.touched && (await isSameInstance(links.control, note))) {
    const domain = { name: note.machineName, uuid: note.machineId, id: note.domainId };
    const guest = new Guest(links, domain);
    try {
      if (note.method === 'SNAPSHOT') repaired.push(...(await endSnapshot(guest, note)));
      else await untilNoDump(guest);
      if (note.wasRunning) repaired.push(...(await resumeIfOurs(guest, note)));
    } catch (error) {
      // It ended meanwhile: there is nothing left of it to put right.
      if (await isSameInstance(links.control, note)) throw error;
    }
  }
  if (note.volume !== null) await removeVolume(links.control, note.volume);
  return repaired;
}

async function isSameInstance(link: ReconnectingConnection, note: CaptureNote): Promise<boolean> {
  try {
    const { id } = await link.call('domainLookupByUuid', { uuid: note.machineId });
    return id === note.domainId;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/**
 * No migration of ours runs any more and the capability is off, read back. A migration under way is never cancelled here, because
 * `migrate_cancel` says nothing of whose is meant: ours fails by itself, since the read end of its stream is closed by now
 * (before QEMU 8.1 a drain process reads it to its end instead: there an interrupted one freezes the guest). Ours has the
 * capability on, and QEMU lets nobody change that meanwhile: with the capability off there is nothing of ours to wait for.
 */
async function endSnapshot(guest: Guest, { machineName }: CaptureNote): Promise<string[]> {
  if ((await guest.snapshotCapability()) !== true) return [];
  await until(
    async () => isOver(await guest.migration()),
    'a migration or snapshot runs in its QEMU, and the capability background-snapshot cannot be switched off before its end',
  );
  if (!(await switchOff(guest))) return [];
  return [`${JSON.stringify(machineName)}: turned off a leftover background-snapshot capability`];
}

/**
 * Switches the snapshot capability off if it is on, and makes sure. Left on, it breaks the next save or migration: libvirt
 * knows nothing of it, and the guest would run on past its own save point.
 */
export async function switchOff(guest: Guest): Promise<boolean> {
  if ((await guest.snapshotCapability()) !== true) return false;
  await guest.setSnapshotCapability(false);
  if ((await guest.snapshotCapability()) === true)
    throw new MemoirError('HYPERVISOR_REFUSED', 'QEMU refuses to turn off the background-snapshot capability');
  return true;
}

/** A core dump whose reader is gone ends within milliseconds, and libvirt then resumes the guest. */
async function untilNoDump(guest: Guest): Promise<void> {
  await until(async () => {
    try {
      return (await guest.job()) !== 'dump';
    } catch (error) {
      // "dump query failed": QEMU has given the dump up, and libvirt is about to hear of it.
      if (error instanceof LibvirtError && error.code === 'OPERATION_FAILED') return false;
      throw error;
    }
  }, 'its core dump has not ended yet');
}

/**
 * A guest that executed when we came and is paused now by nobody else: that is what is left of a capture that could not
 * end. (libvirtd that was restarted in the middle of a dump leaves it so, and says "paused (dumping)".)
 */
async function resumeIfOurs(guest: Guest, { machineName }: CaptureNote): Promise<string[]> {
  const deadline = performance.now() + endingMs;
  for (;;) {
    if (!mayBeOurPause(await guest.state())) return [];
    // Somebody is moving, saving or dumping it: that pause is a part of their work.
    if ((await foreignJob(guest)) !== null || (await foreignMigration(guest)) !== null)
      throw new MemoirError('MACHINE_BUSY', 'it is paused, and someone else migrates, saves or dumps it now');
    try {
      await guest.resume();
      return [`${JSON.stringify(machineName)} was left paused by a capture and has been resumed`];
    } catch (error) {
      // "There is a dump in process": QEMU is a moment behind libvirt.
      if (!(error instanceof LibvirtError) || isGone(error) || performance.now() > deadline) throw error;
      await sleep(pollMs);
    }
  }
}

async function until(done: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = performance.now() + endingMs;
  while (!(await done())) {
    if (performance.now() > deadline) throw new MemoirError('TIMEOUT', otherwise);
    await sleep(pollMs);
  }
}
