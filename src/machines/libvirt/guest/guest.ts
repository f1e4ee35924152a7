import { MemoirError } from '../../../domain/memoir-error.ts';
import type { CallOptions } from '../../../libvirt/connection.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import type { MonitorCommand } from '../../../libvirt/monitor.ts';
import type { DomainRef } from '../../../libvirt/protocol/handles.ts';
import { parameterValues } from '../../../libvirt/protocol/typed-parameters.ts';
import { domainStates, jobOperations, jobTypes, nameOf, pausedReasons } from '../../../libvirt/protocol/values.ts';
import { type MachineState, machineStates } from '../../machine.ts';
import type { HypervisorLinks } from '../link/links.ts';

export type JobOperation = keyof typeof jobOperations;

/** A running QEMU's version. */
export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
}

export interface Migration {
  /** Of `query-migrate`: none, setup, active, completed, failed, cancelled… Absent where there never was one. */
  readonly status: string;
  readonly error: string | null;
  readonly totalBytes: number;
  readonly remainingBytes: number;
  /** Why no migration can start now, in QEMU's words. */
  readonly blockedReasons: readonly string[];
}

/** A migration that is over, one way or the other. Everything else counts as one that runs: a state that is not known may be. */
const over: ReadonlySet<string> = new Set(['none', 'completed', 'failed', 'cancelled']);

export const isOver = ({ status }: Migration): boolean => over.has(status);

/** Setting the capability registers all memory once, which takes long for large guests. */
const registerMs = 120_000;
/** How long the daemon itself may take to show that it is there, when a guest's QEMU does not respond. */
const daemonMs = 5_000;

/** The capability without which `migrate` is a plain migration, which ends with the guest stopped. */
const snapshotCapability = 'background-snapshot';

/** What QEMU's monitor answers to the commands used here, of which only this is looked at (qapi/migration.json, char.json). */
interface QmpAnswers {
  readonly 'query-version': { readonly qemu: QemuVersion };
  readonly 'query-migrate': {
    readonly status?: string;
    readonly 'error-desc'?: string;
    readonly 'blocked-reasons'?: readonly string[];
    readonly ram?: { readonly total?: number; readonly remaining?: number };
  };
  readonly 'query-migrate-capabilities': readonly { readonly capability: string; readonly state: boolean }[];
  readonly 'migrate-set-capabilities': unknown;
  readonly migrate: unknown;
  readonly migrate_cancel: unknown;
  readonly 'human-monitor-command': string;
  readonly 'query-chardev': readonly { readonly label: string; readonly filename: string }[];
}

/**
 * One running domain and its QEMU, by the calls that a capture needs. The monitor commands taint the domain
 * (`custom-monitor`, one line of its log), so nothing here is for listing or measuring.
 */
export class Guest {
  readonly domain: DomainRef;
  readonly #links: HypervisorLinks;

  constructor(links: HypervisorLinks, domain: DomainRef) {
    this.#links = links;
    this.domain = domain;
  }

  state(
    options: CallOptions = { timeoutMs: this.#links.answerMs },
  ): Promise<{ readonly state: number; readonly reason: number }> {
    return this.#links.control.call('domainGetState', { domain: this.domain, flags: 0 }, options);
  }

  /** Whether it is the same run of the same guest: the number of a running instance is never used again. */
  async isSameInstance(): Promise<boolean> {
    const { id } = await this.#links.control.call(
      'domainLookupByUuid',
      { uuid: this.domain.uuid },
      { timeoutMs: this.#links.answerMs },
    );
    return id === this.domain.id;
  }

  resume(): Promise<undefined> {
    const { monitor, silent, answerMs: timeoutMs } = this.#links;
    return silent.ask(this.domain.uuid, (over) =>
      monitor.call('domainResume', { domain: this.domain }, { timeoutMs, over }),
    );
  }

  /** The QEMU that runs, which need not be the one that is installed. */
  async version(): Promise<QemuVersion> {
    return (await this.#qmp('query-version')).qemu;
  }

  async migration(): Promise<Migration> {
    const answer = await this.#qmp('query-migrate');
    return {
      status: answer.status ?? 'none',
      error: answer['error-desc'] ?? null,
      totalBytes: answer.ram?.total ?? 0,
      remainingBytes: answer.ram?.remaining ?? 0,
      blockedReasons: answer['blocked-reasons'] ?? [],
    };
  }

  /** Null where this QEMU does not know the capability (before 6.0). */
  async snapshotCapability(): Promise<boolean | null> {
    const answer = await this.#qmp('query-migrate-capabilities');
    return answer.find(({ capability }) => capability === snapshotCapability)?.state ?? null;
  }

  async setSnapshotCapability(state: boolean): Promise<void> {
    const capabilities = [{ capability: snapshotCapability, state }];
    await this.#qmp('migrate-set-capabilities', { capabilities }, registerMs);
  }

  /**
   * Starts the migration. That it answers means little: whether QEMU could connect shows in `migration()`. The capability
   * must be on: see `snapshotCapability`. Ours ends when the read end of its stream is closed, which nobody else's can be hit by.
   */
  async migrate(socketPath: string): Promise<void> {
    await this.#qmp('migrate', { uri: `unix:${socketPath}` });
  }

  /** Cancels whatever runs, also an administrator's: for the one case in which that is known (`cancelMadeByUs`). */
  async cancelMigration(): Promise<void> {
    await this.#qmp('migrate_cancel');
  }

  /** What libvirt is doing with the guest: the name of the job's operation, or null where there is none. */
  async job(): Promise<JobOperation | null> {
    const { monitor, answerMs: timeoutMs } = this.#links;
    const { type, parameters } = await this.#heard((over) =>
      monitor.call('domainGetJobStats', { domain: this.domain, flags: 0 }, { timeoutMs, over }),
    ).catch((error: unknown) => {
      if (error instanceof LibvirtError && error.code === 'NO_SUPPORT') return { type: jobTypes.none, parameters: [] };
      throw error;
    });
    if (type !== jobTypes.bounded && type !== jobTypes.unbounded) return null;
    return nameOf(jobOperations, Number(parameterValues(parameters).get('operation') ?? 0)) ?? 'unknown';
  }

  /** The text of the monitor's `info mtree -f`: what is where in the guest's physical memory. */
  async memoryTree(): Promise<string> {
    return await this.#qmp('human-monitor-command', { 'command-line': 'info mtree -f' });
  }

  /**
   * The folder that libvirt made for this instance, which its QEMU can enter under every security module: where its own
   * monitor's socket lies. Null where libvirt has put that elsewhere.
   */
  async folder(): Promise<string | null> {
    const devices = await this.#qmp('query-chardev');
    const monitor = devices.find(({ label }) => label === 'charmonitor')?.filename ?? '';
    return /^unix:(\/[^,]+)\/monitor\.sock(?:,|$)/.exec(monitor)?.[1] ?? null;
  }

  async #qmp<Name extends keyof QmpAnswers>(
    execute: Name,
    args?: MonitorCommand['arguments'],
    timeoutMs = this.#links.answerMs,
  ): Promise<QmpAnswers[Name]> {
    const command: MonitorCommand = args === undefined ? { execute } : { execute, arguments: args };
    const answer = await this.#heard((over) =>
      this.#links.monitor.qemuMonitorCommand(this.domain, command, { timeoutMs, over }),
    );
    return answer as QmpAnswers[Name];
  }

  /** The monitors' link may be younger than the other one: while it is dialled it is waited for, as an answer would be. */
  async #dialled(): Promise<void> {
    const { monitor, answerMs } = this.#links;
    if (monitor.state.kind !== 'connecting') return;
    await monitor.ready({ signal: AbortSignal.timeout(answerMs) }).catch(() => undefined);
  }

  /** Says GUEST_FROZEN where it is the guest's QEMU that is silent, and not the daemon. */
  async #heard<T>(ask: (over: () => void) => Promise<T>): Promise<T> {
    await this.#dialled();
    try {
      return await this.#links.silent.ask(this.domain.uuid, ask);
    } catch (error) {
      if (!isSilence(error)) throw error;
      // If it is the daemon that is silent, this says so.
      await this.#links.control.call('connectGetLibVersion', {}, { timeoutMs: daemonMs });
      throw new MemoirError('GUEST_FROZEN', `its QEMU does not respond: ${error.message}`, { cause: error });
    }
  }
}

/** Ours: no answer in time. libvirt's: the guest's monitor is taken by a command that QEMU has not answered yet. */
function isSilence(error: unknown): error is LibvirtError {
  return error instanceof LibvirtError && (error.code === 'TIMEOUT' || error.code === 'OPERATION_TIMEOUT');
}

/**
 * From here on an interrupted snapshot leaves the guest running. Before, it freezes for ever at its next write to a page
 * that was not saved (QEMU commit "stop tracking ram writes when cancelling background migration", June 2023).
 */
export function survivesInterruption({ major, minor }: QemuVersion): boolean {
  return major > 8 || (major === 8 && minor >= 1);
}

/**
 * Why a snapshot would not leave a machine in this state as it is; null where it would. From QEMU 9.0 on a paused guest stays
 * paused (fixed in November 2023); before, QEMU resumes it. A guest that is asleep is woken.
 */
export function stateObstacle(state: MachineState, version: QemuVersion): string | null {
  if (state === 'RUNNING' || state === 'BLOCKED') return null;
  if (state === 'PAUSED' && version.major >= 9) return null;
  const { label } = machineStates[state];
  return `It is ${label.toLowerCase()}, and its QEMU ${versionText(version)} may set it running at the end of a snapshot; a core dump leaves it as it is.`;
}

export function versionText({ major, minor, micro }: QemuVersion): string {
  return `${major}.${minor}.${micro}`;
}

/**
 * Whether a pause can be one of ours: whoever paused it otherwise wants it paused. A snapshot's pause has no reason, because
 * libvirt knows nothing of it; `migration` is someone's switch to another host, and resuming that runs the guest twice.
 */
export function mayBeOurPause({ state, reason }: { readonly state: number; readonly reason: number }): boolean {
  const ours: readonly number[] = [pausedReasons.unknown, pausedReasons.dump];
  return state === domainStates.paused && ours.includes(reason);
}
