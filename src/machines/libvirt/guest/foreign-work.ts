import { MemoirError } from '../../../domain/memoir-error.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import type { CaptureMethod } from '../../capture.ts';
import { isAway } from '../failure.ts';
import { type Guest, isOver, type JobOperation } from './guest.ts';

/** What someone else is doing with a guest, beside which a capture cannot go. */
export interface ForeignWork {
  readonly blocks: readonly CaptureMethod[];
  /** A sentence for a person: who, what, and what helps. */
  readonly reason: string;
}

const names: Readonly<Record<JobOperation, string>> = {
  unknown: 'a job',
  start: 'its start',
  save: 'a save',
  restore: 'a restore',
  migrationIn: 'an incoming migration',
  migrationOut: 'a migration to another host',
  snapshot: 'a snapshot',
  snapshotRevert: 'the return to a snapshot',
  dump: 'a dump',
  backup: 'a backup',
  snapshotDelete: 'the removal of a snapshot',
};

/** A backup leaves the memory alone, but libvirt runs one job at a time, and a core dump is one. */
const besideSnapshots: ReadonlySet<JobOperation> = new Set(['backup', 'snapshotDelete']);

/** A job of libvirt's. This asks libvirt only and leaves no mark on the guest. */
export async function foreignJob(guest: Guest): Promise<ForeignWork | null> {
  const job = await guest.job();
  if (job === null) return null;
  return {
    blocks: besideSnapshots.has(job) ? ['CORE_DUMP'] : ['SNAPSHOT', 'CORE_DUMP'],
    reason: `libvirt is running ${names[job]} of this machine for someone else: wait until it is over (virsh domjobinfo shows it), or end it there (virsh domjobabort).`,
  };
}

/** A migration or snapshot that QEMU runs, whoever started it: also by its monitor, past libvirt. */
export async function foreignMigration(guest: Guest): Promise<ForeignWork | null> {
  const migration = await guest.migration();
  if (isOver(migration)) return null;
  return {
    blocks: ['SNAPSHOT', 'CORE_DUMP'],
    reason: `QEMU is already running a migration or snapshot of this machine (${migration.status}) that libvirt does not know of: someone started it at QEMU’s monitor, perhaps another capture tool. Wait until it is over.`,
  };
}

/** Throws MACHINE_BUSY where someone else is at work: asked right before a capture, because a plan may be seconds old. */
export async function refuseBeside(guest: Guest, method: CaptureMethod, cause?: unknown): Promise<void> {
  const work = (await foreignJob(guest)) ?? (await foreignMigration(guest).catch(unlessNeedless));
  if (work?.blocks.includes(method)) throw new MemoirError('MACHINE_BUSY', work.reason, { cause });

  /** A core dump does without QEMU's monitor: where that refuses to say, libvirt's answer to the dump will. */
  function unlessNeedless(error: unknown): null {
    if (method === 'CORE_DUMP' && error instanceof LibvirtError && !isAway(error)) return null;
    throw error;
  }
}
