import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import type { LibvirtHypervisorOptions } from '../../../src/machines/libvirt/hypervisor-options.ts';
import { FakeGuests } from './fake-guests.ts';
import { FakeLibvirtd } from './fake-libvirtd.ts';

/** A fake daemon with guests, folders of its own, and the real hypervisor in front of it. */
export class CaptureBench {
  readonly daemon: FakeLibvirtd;
  readonly guests: FakeGuests;
  readonly folder: string;
  readonly stateFolder: string;
  /** Where sockets and FIFOs are made. */
  readonly meetingFolder: string;
  /** What was put right without being asked. */
  readonly repaired: string[] = [];
  readonly #hypervisors: Hypervisor[] = [];

  private constructor(daemon: FakeLibvirtd, folder: string) {
    this.daemon = daemon;
    this.guests = new FakeGuests(daemon);
    this.folder = folder;
    this.stateFolder = join(folder, 'state');
    this.meetingFolder = folder;
  }

  static async start(): Promise<CaptureBench> {
    return new CaptureBench(await FakeLibvirtd.start(), await mkdtemp(join(tmpdir(), 'memoir-bench-')));
  }

  async hypervisor(options: Partial<LibvirtHypervisorOptions> = {}): Promise<Hypervisor> {
    const hypervisor = await createLibvirtHypervisor({
      uri: this.daemon.uri,
      stateFolder: this.stateFolder,
      meetingFolders: [this.meetingFolder],
      repaired: (line) => this.repaired.push(line),
      ...options,
      connection: { minDelayMs: 10, maxDelayMs: 50, ...options.connection },
    });
    this.#hypervisors.push(hypervisor);
    return hypervisor;
  }

  /** Notes, sockets, FIFOs and spools that are there now. */
  get left(): string[] {
    const inside = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
    return [
      ...inside(this.meetingFolder).filter((name) => name.startsWith('memoir-')),
      ...inside(join(this.stateFolder, 'captures')),
      ...inside(join(this.stateFolder, 'spool')),
    ];
  }

  async close(): Promise<void> {
    for (const hypervisor of this.#hypervisors) await hypervisor.close();
    await this.daemon[Symbol.asyncDispose]();
    await rm(this.folder, { recursive: true, force: true });
  }
}
