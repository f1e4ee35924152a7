import { expect, onTestFinished } from 'vitest';
import type { CapturePlan, MethodChoice } from '../../../src/machines/capture.ts';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import type { LibvirtHypervisorOptions } from '../../../src/machines/libvirt/hypervisor-options.ts';
import type { Machine } from '../../../src/machines/machine.ts';
import { InProcessReader, type InProcessReaderOptions } from '../in-process-reader.ts';
import { CaptureBench } from './capture-bench.ts';
import type { FakeGuest, FakeGuestOptions } from './fake-guest.ts';
import type { FakeQemu } from './fake-qemu.ts';
import { patient } from './patient.ts';

/** A capture under way. */
export interface StartedCapture {
  readonly plan: CapturePlan;
  readonly reader: InProcessReader;
  readonly controller: AbortController;
  readonly outcome: ReturnType<Hypervisor['capture']>;
}

/** One guest of a fake daemon and the real hypervisor in front of it, for one test. */
export class GuestWorld {
  readonly bench: CaptureBench;
  readonly guest: FakeGuest;
  readonly hypervisor: Hypervisor;

  private constructor(bench: CaptureBench, guest: FakeGuest, hypervisor: Hypervisor) {
    this.bench = bench;
    this.guest = guest;
    this.hypervisor = hypervisor;
  }

  static async start(
    options: FakeGuestOptions = {},
    hypervisorOptions: Partial<LibvirtHypervisorOptions> = {},
  ): Promise<GuestWorld> {
    const bench = await CaptureBench.start();
    onTestFinished(() => bench.close());
    const guest = bench.guests.add('web', options);
    const hypervisor = await bench.hypervisor(hypervisorOptions);
    // Asked for last: what an earlier server left is dealt with by then, and a note that a test leaves is not met half written.
    await expect.poll(() => hypervisor.status().version, patient).toContain('QEMU');
    return new GuestWorld(bench, guest, hypervisor);
  }

  get qemu(): FakeQemu {
    return this.guest.qemu;
  }

  async machine(): Promise<Machine> {
    const machine = await this.hypervisor.find(this.guest.ref.uuid);
    if (machine === null) throw new Error('the guest is gone');
    return machine;
  }

  async plan(choice: MethodChoice): Promise<CapturePlan> {
    return this.hypervisor.plan(await this.machine(), choice);
  }

  capture(plan: CapturePlan, options: InProcessReaderOptions = {}): StartedCapture {
    const reader = new InProcessReader(plan, options);
    const controller = new AbortController();
    const outcome = this.hypervisor.capture(plan, reader, controller.signal);
    outcome.catch(() => undefined);
    return { plan, reader, controller, outcome };
  }

  async start(choice: MethodChoice, options: InProcessReaderOptions = {}): Promise<StartedCapture> {
    return this.capture(await this.plan(choice), options);
  }

  /** As it was before any capture: it runs, nothing of ours is on it or beside it, and nothing was done to it that harms. */
  expectAsBefore(state = 'RUNNING'): void {
    const { qemu, guest, bench } = this;
    expect({
      state: qemu.running ? 'RUNNING' : 'PAUSED',
      capability: qemu.snapshotCapability,
      job: guest.job,
      left: bench.left,
      volumes: [...bench.daemon.hypervisor.volumes.keys()],
      harm: bench.guests.harm,
    }).toEqual({ state, capability: false, job: null, left: [], volumes: [], harm: [] });
  }
}
