import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import type { Guest } from './guest.ts';

// What an administrator does with a guest past Memoir, held in its middle for as long as a test wants.

export interface HeldWork {
  /** QEMU's word for how the migration stands: `active` until it is ended, if nobody touches it. */
  status(): Promise<string>;
  /** Lets it come to its own end; the guest runs afterwards, where it was. */
  finish(): Promise<void>;
}

const over = ['failed', 'cancelled', 'none', 'completed'];

/** How a guest's migration stands, whoever started it. */
export async function migrationStatus(guest: Guest): Promise<string> {
  return ((await guest.qmp('query-migrate')) as { status?: string }).status ?? 'none';
}

/** Whether background snapshots are switched on in a guest's QEMU. */
export async function snapshotCapability(guest: Guest): Promise<boolean> {
  const all = (await guest.qmp('query-migrate-capabilities')) as { capability: string; state: boolean }[];
  return all.some(({ capability, state }) => capability === 'background-snapshot' && state);
}

/** Switches background snapshots on or off, as nobody but a capture should. */
export async function setSnapshotCapability(guest: Guest, state: boolean): Promise<void> {
  await guest.qmp('migrate-set-capabilities', { capabilities: [{ capability: 'background-snapshot', state }] });
}

async function untilActive(guest: Guest, failed: Promise<never>): Promise<void> {
  for (;;) {
    const status = await Promise.race([migrationStatus(guest), failed]);
    if (status !== 'setup' && status !== 'none') return;
    await sleep(20);
  }
}

/** A migration by QEMU's own monitor, of which libvirt knows nothing, to someone who reads no byte of it. */
export async function holdMigration(bench: Bench, guest: Guest): Promise<HeldWork> {
  const path = join(bench.exchange, `elsewhere-${randomUUID().slice(0, 8)}.sock`);
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o777);
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await rm(path, { force: true });
  };
  try {
    await guest.qmp('migrate', { uri: `unix:${path}` });
    await untilActive(guest, new Promise(() => undefined));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    status: () => migrationStatus(guest),
    async finish() {
      await close();
      while (!over.includes(await migrationStatus(guest))) await sleep(20);
    },
  };
}

/** The process of libvirt that carries a save to its file. */
function helperOf(path: string): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).find((pid) => {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return line.includes('libvirt_iohelper') && line.includes(path);
    } catch {
      return false;
    }
  });
}

/** `virsh save`, its helper stopped; `finish` lets it go on, and restores the guest from what was saved. */
export async function holdSave(bench: Bench, guest: Guest): Promise<HeldWork> {
  const path = join(bench.folder, 'guests', `${guest.uuid}-held.save`);
  const saved = bench.virsh('save', guest.uuid, path);
  const failed = saved.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  let settled = false;
  saved.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  let helper = helperOf(path);
  while (helper === undefined && !settled) {
    await sleep(1);
    helper = helperOf(path);
  }
  if (helper === undefined) {
    await saved;
    await bench.virsh('restore', path);
    throw new Error('the save was over before it could be held');
  }
  process.kill(helper, 'SIGSTOP');
  const goOn = (): void => {
    if (helperOf(path) === helper) process.kill(helper, 'SIGCONT');
  };
  try {
    await untilActive(guest, failed);
  } catch (error) {
    goOn();
    // A save that goes through all the same takes the guest with it.
    await saved.then(
      () => bench.virsh('restore', path),
      () => undefined,
    );
    throw error;
  }
  return {
    status: () => migrationStatus(guest),
    async finish() {
      goOn();
      await saved;
      await bench.virsh('restore', path);
      await rm(path);
    },
  };
}
