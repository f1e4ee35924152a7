import type { Socket } from 'node:net';
import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import type { TypedParameter } from '../../../src/libvirt/protocol/typed-parameters.ts';
import { domainStates, jobOperations, jobTypes, pausedReasons } from '../../../src/libvirt/protocol/values.ts';
import { openFifo, writeCore } from './fake-core-dump.ts';
import type { FakeHypervisor } from './fake-hypervisor.ts';
import type { FakePools } from './fake-pools.ts';
import { FakeQemu, type FakeQemuOptions } from './fake-qemu.ts';
import { FakeFailure } from './handlers.ts';

export interface FakeGuestOptions extends FakeQemuOptions {
  readonly off?: boolean;
  /** In the XML: what is in `<devices>`, and beside it. */
  readonly devices?: string;
  readonly xml?: string;
  readonly architecture?: string;
}

type Job = { readonly operation: keyof typeof jobOperations; processed?: number; total?: number };

const unpaused = 5;

/**
 * A domain of the fake daemon with a QEMU in it: libvirt's side of its state, jobs and dumps. Steps of a dump, in the steps of
 * its QEMU: `dump.paused`, `dump.piece` at each piece written, `dump.written`.
 */
export class FakeGuest {
  ref: DomainRef;
  qemu: FakeQemu;
  job: Job | null = null;
  /** Taints, as `virsh dominfo` shows them. */
  readonly messages: string[] = [];
  /** Whether libvirt tells of a dump's progress: old ones with some drivers do not. */
  tellsProgress = true;
  readonly #hypervisor: FakeHypervisor;
  readonly #pools: FakePools;
  readonly #options: FakeGuestOptions;
  #writing: Socket | undefined;
  /** The reason that libvirt gives for the next stop of QEMU. */
  #stopReason: number = pausedReasons.unknown;

  constructor(hypervisor: FakeHypervisor, pools: FakePools, ref: DomainRef, options: FakeGuestOptions) {
    this.#hypervisor = hypervisor;
    this.#pools = pools;
    this.#options = options;
    this.ref = ref;
    this.qemu = this.#start();
    if (options.off === true) this.#become(domainStates.shutoff, 1);
    else if (options.paused === true) this.#become(domainStates.paused, pausedReasons.user);
    else this.#become(domainStates.running, unpaused);
    if (options.off === true) this.#number(-1);
  }

  get isOn(): boolean {
    return this.ref.id >= 0;
  }

  /** As libvirt has it, without asking QEMU. */
  get state(): { state: number; reason: number } {
    const { state, reason } = this.#domain;
    return { state, reason };
  }

  get xml(): string {
    const { architecture = 'x86_64', devices = '', xml = '' } = this.#options;
    const { ram, vcpus } = this.qemu.memory;
    return `<domain type='kvm'><name>${this.ref.name}</name><uuid>${this.ref.uuid}</uuid><memory unit='KiB'>${ram.length / 1024}</memory><vcpu>${vcpus}</vcpu><os><type arch='${architecture}' machine='pc-q35-10.0'>hvm</type></os>${xml}<devices>${devices}</devices></domain>`;
  }

  get stats(): TypedParameter[] {
    const { ram, vcpus } = this.qemu.memory;
    const { state, reason } = this.#domain;
    const kib = BigInt(ram.length / 1024);
    const always: TypedParameter[] = [
      { field: 'state.state', type: 'int', value: state },
      { field: 'state.reason', type: 'int', value: reason },
      { field: 'balloon.maximum', type: 'unsignedHyper', value: kib },
      { field: 'vcpu.current', type: 'unsignedInt', value: vcpus },
    ];
    if (!this.isOn) return always;
    return [
      ...always,
      { field: 'cpu.time', type: 'unsignedHyper', value: process.hrtime.bigint() },
      { field: 'balloon.rss', type: 'unsignedHyper', value: kib },
      { field: 'net.count', type: 'unsignedInt', value: 0 },
      { field: 'block.count', type: 'unsignedInt', value: 1 },
      { field: 'block.0.rd.bytes', type: 'unsignedHyper', value: 10n },
      { field: 'block.0.wr.bytes', type: 'unsignedHyper', value: 20n },
    ];
  }

  async monitor(command: string, flags: number): Promise<string> {
    this.#checkOn();
    if (flags !== 0) throw new FakeFailure(8, 'invalid argument: not QMP');
    this.messages.push('tainted: custom-monitor');
    return this.qemu.command(command);
  }

  suspend(): void {
    this.#checkOn();
    this.#stopReason = pausedReasons.user;
    if (this.qemu.running) this.qemu.stop();
    else this.#become(domainStates.paused, pausedReasons.user);
    this.#stopReason = pausedReasons.unknown;
  }

  resume(): void {
    this.#checkOn();
    try {
      this.qemu.continue();
    } catch (error) {
      throw new FakeFailure(1, `internal error: unable to execute QEMU command 'cont': ${(error as Error).message}`);
    }
  }

  jobStats(): { type: number; parameters: TypedParameter[] } {
    this.#checkOn();
    if (this.job === null) return { type: jobTypes.none, parameters: [] };
    const { operation, processed, total } = this.job;
    const parameters: TypedParameter[] = [{ field: 'operation', type: 'int', value: jobOperations[operation] }];
    const count = (field: string, value: number | undefined): void => {
      if (value !== undefined && this.tellsProgress)
        parameters.push({ field, type: 'unsignedHyper', value: BigInt(value) });
    };
    count('memory_total', total);
    count('memory_processed', processed);
    return { type: jobTypes.unbounded, parameters };
  }

  /** The guest is paused first, then the path is opened, then QEMU writes, then it is as it was. */
  async coreDump(path: string, format: number, flags: number): Promise<void> {
    this.#checkOn();
    if (flags !== 16 || format !== 0) this.qemu.harm.push(`a core dump of format ${format} with the flags ${flags}`);
    if (this.job !== null)
      throw new FakeFailure(68, 'Timed out during operation: cannot acquire state change lock (held by monitor=job)');
    const { qemu } = this;
    const core = qemu.memory.core();
    const job: Job = { operation: 'dump', processed: 0, total: qemu.memory.ram.length };
    const wasRunning = qemu.running;
    this.job = job;
    this.#stopReason = pausedReasons.dump;
    qemu.stop();
    this.#stopReason = pausedReasons.unknown;
    try {
      await qemu.steps.pass('dump.paused');
      const wrote = async (bytes: number): Promise<void> => {
        job.processed = Math.min(bytes, qemu.memory.ram.length);
        await qemu.steps.pass('dump.piece');
      };
      const volume = this.#pools.volumeOf(path);
      if (volume === undefined) this.#writing = openFifo(path);
      if (!['none', 'completed', 'failed', 'cancelled'].includes(qemu.migrationStatus))
        throw new FakeFailure(
          1,
          "internal error: unable to execute QEMU command 'dump-guest-memory': disallowing migration blocker (migration/snapshot in progress)",
        );
      qemu.dumping = true;
      if (volume !== undefined) {
        this.#hypervisor.volumes.set(volume, core);
        await wrote(core.length / 2);
        await wrote(core.length);
      } else await writeCore(this.#writing as Socket, core, wrote);
      await qemu.steps.pass('dump.written');
    } catch (error) {
      if (error instanceof FakeFailure) throw error;
      qemu.harm.push((error as Error).message);
      throw new FakeFailure(1, (error as Error).message);
    } finally {
      this.#writing?.destroy();
      this.#writing = undefined;
      qemu.dumping = false;
      this.job = null;
      if (wasRunning && this.isOn && qemu === this.qemu && this.#domain.reason === pausedReasons.dump) qemu.continue();
    }
  }

  /** What a dump under way is written to is closed. */
  closeDump(): void {
    this.#writing?.destroy();
  }

  /** It is destroyed: its QEMU is gone. */
  end(): void {
    const { ref } = this;
    this.#number(-1);
    this.qemu.kill();
    this.#writing?.destroy();
    this.#become(domainStates.shutoff, 2);
    this.#hypervisor.emit('lifecycle', ref, { event: 5, detail: 1 });
  }

  /** Started again: another instance, with another number. */
  start(): void {
    this.qemu = this.#start();
    this.#number(this.#lastNumber + 100);
    this.#become(domainStates.running, 1);
    this.#hypervisor.emit('lifecycle', this.ref, { event: 2, detail: 0 });
  }

  #lastNumber = 0;

  #start(): FakeQemu {
    const qemu = new FakeQemu(this.#options);
    qemu.listen({
      event: (name, details) => {
        if (qemu !== this.qemu) return;
        if (name === 'STOP') this.#became(domainStates.paused, this.#stopReason, 3);
        if (name === 'RESUME') this.#became(domainStates.running, unpaused, 4);
        const micros = Math.round((performance.timeOrigin + performance.now()) * 1_000);
        this.#hypervisor.emit('qemuMonitor', this.ref, {
          event: name,
          seconds: BigInt(Math.floor(micros / 1e6)),
          microseconds: micros % 1e6,
          details: details === null ? null : JSON.stringify(details),
        });
      },
    });
    return qemu;
  }

  get #domain() {
    const found = this.#hypervisor.domains.get(this.ref.uuid);
    if (found === undefined) throw new Error(`no domain ${this.ref.name}`);
    return found;
  }

  #number(id: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, this.ref.id);
    this.ref = { ...this.ref, id };
    this.#hypervisor.domains.set(this.ref.uuid, { ...this.#domain, ref: this.ref });
  }

  #become(state: number, reason: number): void {
    Object.assign(this.#domain, { state, reason });
  }

  #became(state: number, reason: number, event: number): void {
    this.#become(state, reason);
    this.#hypervisor.emit('lifecycle', this.ref, { event, detail: 0 });
  }

  #checkOn(): void {
    if (!this.isOn) throw new FakeFailure(55, 'Requested operation is not valid: domain is not running');
  }
}
