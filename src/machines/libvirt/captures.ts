// Long: one owner of a capture, from its note to the last try to put right what it changed.
import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs } from '../../async/back-off.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { LibvirtError } from '../../libvirt/error.ts';
import { domainStates } from '../../libvirt/protocol/values.ts';
import type {
  CaptureLimits,
  CaptureOptions,
  CaptureOutcome,
  CapturePlan,
  CaptureReader,
  MethodChoice,
} from '../capture.ts';
import { decideMethod } from '../decision.ts';
import type { MachineRecovery } from '../hypervisor.ts';
import { type Machine, machineStates } from '../machine.ts';
import { takeCoreDump } from './core-dump/core-dump-capture.ts';
import { coreDumpSource } from './core-dump/core-dump-source.ts';
import { findVolumePlace, type VolumePlace } from './core-dump/volume-place.ts';
import { isAway, toFailure } from './failure.ts';
import { type Forecast, makeForecast } from './forecast.ts';
import { type CaptureNote, CaptureNotes } from './guest/capture-note.ts';
import { isOfGuestEnd } from './guest/capture-parts.ts';
import { Guest, survivesInterruption } from './guest/guest.ts';
import { type RecoveryParts, recoverNoted, recoverUnnoted } from './guest/recovery.ts';
import { restore } from './guest/restoration.ts';
import type { LibvirtHypervisorOptions } from './hypervisor-options.ts';
import type { DomainRecords } from './inventory/domain-records.ts';
import { type HypervisorLinks, linksReady, throughRestarts } from './link/links.ts';
import { planSource } from './plan-source.ts';
import { takeSnapshot } from './snapshot/snapshot-capture.ts';
import { snapshotSource } from './snapshot/snapshot-source.ts';

export interface CapturesParts {
  readonly links: HypervisorLinks;
  readonly records: DomainRecords;
  readonly options: LibvirtHypervisorOptions;
  readonly remote: boolean;
  readonly driver: () => string;
}

/** How long a capture tries to put its guest right, also while libvirt is away; after that it stays noted, and is done later. */
const restoreMs = 30_000;
/** The same where a snapshot must not be cancelled (QEMU before 8.1): it is read to its end, however long that takes. */
const drainMs = 1_800_000;

/**
 * The captures of one hypervisor: what is possible, what is decided, and the one owner of everything that a capture changes
 * in the world. What it changed is noted on disk first and put right in one place, `restore`, whichever way it ended.
 */
export class Captures {
  readonly #parts: CapturesParts;
  readonly #notes: CaptureNotes;
  readonly #running = new Map<string, { readonly control: AbortController; readonly settled: Promise<unknown> }>();
  #recovering: Promise<unknown> = Promise.resolve();
  #dumpBytesPerMs: number | null = null;
  #laterAttempt: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;

  constructor(parts: CapturesParts) {
    this.#parts = parts;
    this.#notes = new CaptureNotes(parts.options.stateFolder);
  }

  async options(machine: Machine): Promise<CaptureOptions> {
    return (await this.#forecast(machine)).options;
  }

  async plan(machine: Machine, choice: MethodChoice, limits?: CaptureLimits): Promise<CapturePlan> {
    const forecast = await this.#forecast(machine);
    const { options } = forecast;
    const { method, reason } = decideMethod(options, choice, limits);
    return {
      machine: options.machine,
      method,
      reason,
      memoryBytes: options.memoryBytes,
      ...planSource(method, forecast, this.#parts.options),
    };
  }

  async capture(plan: CapturePlan, reader: CaptureReader, signal: AbortSignal): Promise<CaptureOutcome> {
    signal.throwIfAborted();
    const { id, name } = plan.machine;
    if (this.#running.has(id))
      throw new MemoirError('HYPERVISOR_REFUSED', `${JSON.stringify(name)} is already being captured`);
    const control = new AbortController();
    const running = this.#own(plan, reader, AbortSignal.any([signal, control.signal]));
    this.#running.set(id, { control, settled: running.catch(() => undefined) });
    try {
      return await running;
    } finally {
      this.#running.delete(id);
    }
  }

  recover(): Promise<MachineRecovery> {
    return this.#inTurn(() => this.#recoverAll());
  }

  async #recoverAll(): Promise<MachineRecovery> {
    const parts = this.#recoveryParts;
    try {
      const [noted, unnoted] = [await recoverNoted(parts), await recoverUnnoted(parts)];
      if (noted.pending.length > 0) this.#tryLater();
      return {
        repaired: [...noted.repaired, ...unnoted.repaired],
        pending: [...noted.pending, ...unnoted.pending],
      };
    } catch (error) {
      return { repaired: [], pending: [toFailure(error, 'looking for leftovers of captures').message] };
    }
  }

  /** What could not be put right while libvirt was away; to be called when it is back. Goes on by itself until all is right. */
  async recoverNoted(): Promise<void> {
    const { repaired, pending } = await this.#inTurn(() => recoverNoted(this.#recoveryParts));
    for (const line of repaired) this.#parts.options.repaired?.(line);
    if (pending.length > 0) this.#tryLater();
    else this.#failures = 0;
  }

  /** Somebody else's migration may take hours: what waits for its end is tried again and again, in growing pauses. */
  #tryLater(): void {
    if (this.#closed || this.#laterAttempt !== undefined) return;
    const delayMs = backOffMs(++this.#failures, { minDelayMs: 2_000, maxDelayMs: 60_000 });
    this.#laterAttempt = setTimeout(() => {
      this.#laterAttempt = undefined;
      void this.recoverNoted().catch(() => this.#tryLater());
    }, delayMs);
    this.#laterAttempt.unref();
  }

  /** Two recoveries at a time would undo the same thing twice. */
  #inTurn<T>(recover: () => Promise<T>): Promise<T> {
    const turn = this.#recovering.then(recover);
    this.#recovering = turn.catch(() => undefined);
    return turn;
  }

  /** Ends every capture under way, and resolves when their guests are as before. */
  async close(reason: MemoirError): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#laterAttempt);
    for (const { control } of this.#running.values()) control.abort(reason);
    await Promise.all([...this.#running.values()].map(({ settled }) => settled));
  }

  get #recoveryParts(): RecoveryParts {
    return { links: this.#parts.links, notes: this.#notes, isBusy: (id) => this.#running.has(id) };
  }

  async #own(plan: CapturePlan, reader: CaptureReader, signal: AbortSignal): Promise<CaptureOutcome> {
    const { links, records } = this.#parts;
    reader.drained.catch(() => undefined);
    let note: CaptureNote | undefined;
    try {
      const patiently = <T>(ask: () => Promise<T>): Promise<T> => throughRestarts(links, signal, ask);
      const domain = await patiently(() => records.lookup(plan.machine.id));
      if (domain === null || domain.id < 0 || String(domain.id) !== plan.machine.vmid)
        throw new MemoirError('GUEST_GONE', `${JSON.stringify(plan.machine.name)} stopped before it could be captured`);
      const guest = new Guest(links, domain);
      const wasRunning = (await patiently(() => guest.state())).state === domainStates.running;
      const noted = await patiently(() => this.#noteOf(plan, guest, wasRunning));
      if (!(await this.#notes.create(noted)))
        throw new MemoirError(
          'MACHINE_BUSY',
          'changes of an earlier capture could not be undone yet; Memoir keeps trying',
        );
      note = noted;
      const more = async (added: Partial<CaptureNote>): Promise<void> => {
        note = { ...(note ?? noted), ...added };
        await this.#notes.update(note);
      };
      const connectOptions = this.#parts.options.connection ?? {};
      const touch = (): Promise<void> => more({ touched: true });
      const parts = { links, connectOptions, guest, plan, reader, signal, wasRunning, touch };
      const elsewhere = async (): Promise<VolumePlace> => {
        const volume = await findVolumePlace(links.control, plan.memoryBytes + plan.memoryBytes / 64);
        await more({ volume: { pool: volume.pool, name: volume.name } });
        return volume;
      };
      const outcome = await (plan.method === 'SNAPSHOT'
        ? takeSnapshot(parts)
        : takeCoreDump(parts, this.#parts.remote, elsewhere));
      if (plan.method === 'CORE_DUMP' && outcome.guestPauseMs)
        this.#dumpBytesPerMs = plan.memoryBytes / outcome.guestPauseMs;
      return outcome;
    } catch (error) {
      // The read end first: a dump holds its guest until it is closed.
      reader.abandon();
      throw await this.#explained(plan, error, signal);
    } finally {
      if (note !== undefined) await this.#restore(note);
    }
  }

  async #noteOf(plan: CapturePlan, guest: Guest, wasRunning: boolean): Promise<CaptureNote> {
    const { method, machine } = plan;
    const common = {
      machineId: machine.id,
      machineName: machine.name,
      domainId: guest.domain.id,
      method,
      wasRunning,
      touched: false,
      volume: null,
    };
    if (method === 'CORE_DUMP') {
      const { place } = coreDumpSource.optionsOf(plan);
      return { ...common, interruptible: true, places: [place], sockets: [] };
    }
    const { guestSocket, ownSocket } = snapshotSource.optionsOf(plan);
    return {
      ...common,
      interruptible: survivesInterruption(await guest.version()),
      places: ownSocket === null ? [] : [ownSocket],
      sockets: guestSocket === null ? [] : [guestSocket],
    };
  }

  /** Until it is done, or its time is over: then the note stays, and it is done when libvirt is there again. */
  async #restore(note: CaptureNote): Promise<void> {
    const deadline = performance.now() + (note.interruptible ? restoreMs : drainMs);
    for (;;) {
      try {
        const remaining = Math.max(1, Math.ceil(deadline - performance.now()));
        await linksReady(this.#parts.links, AbortSignal.timeout(remaining));
        await restore(this.#parts.links, note);
        await this.#notes.remove(note.machineId);
        return;
      } catch (error) {
        if (performance.now() > deadline || this.#parts.links.control.state.kind === 'closed') {
          this.#parts.options.repaired?.(
            `${JSON.stringify(note.machineName)} could not be restored yet: ${toFailure(error, 'restoring').message}`,
          );
          this.#tryLater();
          return;
        }
        await sleep(200);
      }
    }
  }

  /** The reason that matters most: the caller's own, then that the guest is gone, then what was thrown. */
  async #explained(plan: CapturePlan, error: unknown, signal: AbortSignal): Promise<unknown> {
    if (signal.aborted) return signal.reason;
    const failure = toFailure(error, `capturing ${JSON.stringify(plan.machine.name)}`);
    if (failure.code === 'GUEST_GONE' || isAway(error)) return failure;
    const { id, vmid, name } = plan.machine;
    if (!(await isOfGuestEnd(this.#parts.links.control, id, vmid ?? '', error))) return failure;
    return new MemoirError('GUEST_GONE', `${JSON.stringify(name)} stopped during the capture`, {
      cause: error,
    });
  }

  async #forecast(machine: Machine): Promise<Forecast> {
    const { links, records, driver, remote } = this.#parts;
    const domain = await records.lookup(machine.id);
    // A guest that hangs has no figures; what it was last will do, and asking it more says that it hangs.
    const current = domain && (await records.one(domain).catch((error) => unlessSilent(error, machine)));
    if (domain === null || current === null)
      throw new MemoirError('NOT_FOUND', `${JSON.stringify(machine.name)} no longer exists`);
    const isOn = domain.id >= 0 && machineStates[current.state].hasMemory;
    return makeForecast({
      machine: current,
      guest: isOn ? new Guest(links, domain) : null,
      description: isOn ? await records.described(domain) : null,
      driver: driver(),
      remote,
      dumpBytesPerMs: this.#dumpBytesPerMs,
    });
  }
}

function unlessSilent(error: unknown, known: Machine): Machine {
  if (error instanceof LibvirtError && error.code === 'TIMEOUT') return known;
  throw error;
}
