import { rmSync } from 'node:fs';
import { chmod, link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '../../../domain/id.ts';
import { codeOf } from '../../../domain/thrown.ts';
import type { CaptureMethod } from '../../capture.ts';
import type { PrivatePlace } from '../meeting-place.ts';

/**
 * What has to be put right if this server dies now: written before a capture touches its guest, removed when all is as it
 * was. By it recovery knows which guests we touched, and which of them executed before.
 */
export interface CaptureNote {
  readonly machineId: string;
  readonly machineName: string;
  /** The number of the running instance: a guest that was started since is not the one that we touched. */
  readonly domainId: number;
  readonly method: CaptureMethod;
  /** Whether it executed when we came. */
  readonly wasRunning: boolean;
  /**
   * Written before the first command that changes the guest is sent (the capability, the dump). Without it QEMU is as we found
   * it, so whatever is on, runs or is paused there is someone else's.
   */
  readonly touched: boolean;
  /** Whether its QEMU goes on if its snapshot is interrupted (8.1 and later). */
  readonly interruptible: boolean;
  /** Folders of ours with sockets or FIFOs. */
  readonly places: readonly PrivatePlace[];
  /** Sockets of ours in folders of others. */
  readonly sockets: readonly string[];
  /** A volume that a remote dump goes to, by pool and name. */
  readonly volume: { readonly pool: string; readonly name: string } | null;
}

/**
 * The notes of one server, a file for each machine. A machine has one capture at a time, and a note stays until everything
 * in it is put right: `create` never overwrites one.
 */
export class CaptureNotes {
  readonly #folder: string;

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'captures');
  }

  /** The first note of a capture; false, and nothing written, where an earlier capture of the machine still has one. */
  async create(note: CaptureNote): Promise<boolean> {
    const partial = await this.#write(note);
    try {
      await link(partial, this.#path(note.machineId));
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(partial, { force: true });
    }
  }

  /** More about the capture that has the note. */
  async update(note: CaptureNote): Promise<void> {
    await rename(await this.#write(note), this.#path(note.machineId));
  }

  /** A whole note under another name. No fsync: what it guards against is our death, and the guests die with the host. */
  async #write(note: CaptureNote): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const partial = join(this.#folder, `${note.machineId}${partialEnding}`);
    await writeFile(partial, JSON.stringify(note), { mode: 0o600 });
    await chmod(partial, 0o600);
    return partial;
  }

  /**
   * Removes what a server that was killed in `create` or `update` was writing. Looked at and removed in one step, because a
   * capture may begin at any moment.
   */
  async sweep(isBusy: (machineId: string) => boolean): Promise<void> {
    for (const name of await this.#names())
      if (name.endsWith(partialEnding) && !isBusy(name.slice(0, -partialEnding.length)))
        rmSync(join(this.#folder, name), { force: true });
  }

  async remove(machineId: string): Promise<void> {
    await rm(this.#path(machineId), { force: true });
  }

  /** All that are there. A file that is no note is left where it is, and not read. */
  async all(): Promise<CaptureNote[]> {
    const notes: CaptureNote[] = [];
    for (const name of await this.#names()) {
      if (!name.endsWith('.json') || !isUuid(name.slice(0, -5))) continue;
      try {
        const note: CaptureNote = JSON.parse(await readFile(join(this.#folder, name), 'utf8'));
        if (note.machineId !== name.slice(0, -5) || !Array.isArray(note.places)) continue;
        // Notes of versions before `touched` were written when the guest was about to be touched.
        notes.push({ ...note, touched: note.touched ?? true });
      } catch {
        // Renamed into place whole, so it is none of ours.
      }
    }
    return notes;
  }

  #names(): Promise<string[]> {
    return readdir(this.#folder).catch(() => []);
  }

  #path(machineId: string): string {
    return join(this.#folder, `${machineId}.json`);
  }
}

const partialEnding = '.json.partial';
