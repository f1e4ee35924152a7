import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Bench } from '../bench/bench.ts';
import type { Guest } from '../bench/guest.ts';
import { nextReports } from '../bench/litmus.ts';

/** Whether the snapshot capability of a guest's QEMU is on, asked past the code under test. */
export async function capabilityOf(guest: Guest): Promise<boolean | undefined> {
  const all = (await guest.qmp('query-migrate-capabilities')) as { capability: string; state: boolean }[];
  return all.find(({ capability }) => capability === 'background-snapshot')?.state;
}

/**
 * What has to be true of a guest with the litmus after every capture, however it ended: it executes (its counter advances; a
 * status is no proof, a frozen guest is "running" too), and nothing is left on in its QEMU.
 */
export async function expectUntouched(guest: Guest): Promise<void> {
  expect(await guest.state()).toBe('running');
  expect(await capabilityOf(guest)).toBe(false);
  const reports = await nextReports(guest, 2);
  expect(reports.at(-1)?.writers.every(({ rate }) => rate > 0)).toBe(true);
}

/** `virsh save` and `virsh restore` work, and the guest goes on where it was: what a capability that was left on breaks. */
export async function expectSavable(bench: Bench, guest: Guest): Promise<void> {
  const path = join(bench.folder, 'guests', `${guest.uuid}.save`);
  await bench.virsh('save', guest.uuid, path);
  await bench.virsh('restore', path);
  await rm(path, { force: true });
  await nextReports(guest, 2);
}
