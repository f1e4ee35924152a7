import type { ErrorCode } from '../../domain/error-catalogue.ts';
import type { CaptureBlocker, CaptureMethod, CaptureOptions, MethodForecast } from '../capture.ts';
import { type Machine, machineStates } from '../machine.ts';
import { toFailure } from './failure.ts';
import { type ForeignWork, foreignJob, foreignMigration } from './guest/foreign-work.ts';
import { hasFrozenThread } from './guest/frozen-threads.ts';
import { type Guest, type QemuVersion, stateObstacle, survivesInterruption, versionText } from './guest/guest.ts';
import { type PlannedRegion, readRegions, regionBytes } from './guest/memory-plan.ts';
import type { DomainDescription } from './inventory/domain-description.ts';

/** What was found out about a machine before its capture. */
export interface Forecast {
  readonly options: CaptureOptions;
  readonly description: DomainDescription | null;
  /** Null where its QEMU was not asked, or did not respond. */
  readonly version: QemuVersion | null;
  readonly regions: readonly PlannedRegion[] | null;
  /** The folder that libvirt made for the guest. */
  readonly guestFolder: string | null;
}

export interface ForecastParts {
  readonly machine: Machine;
  readonly guest: Guest | null;
  readonly description: DomainDescription | null;
  /** The driver's name, as libvirt has it. */
  readonly driver: string;
  readonly remote: boolean;
  /** What core dumps of this hypervisor came to so far; null before the first. */
  readonly dumpBytesPerMs: number | null;
}

/** From this QEMU on there are background snapshots (November 2020 in its tree; version 6.0). */
const snapshotSince = 6;
/** A snapshot's pause does not depend on the size: 2 to 8 ms were measured, up to 20 with shared memory. */
const snapshotPauseMs = 10;
/** Where nothing was measured yet: QEMU writes a core dump at 130 to 200 MB/s on slow hosts. */
const usualBytesPerMs = 200_000;

/** Asks everything that decides about a capture, from cheap to dear, and changes nothing. */
export async function makeForecast(parts: ForecastParts): Promise<Forecast> {
  const { machine, guest, description, driver } = parts;
  const blockers: CaptureBlocker[] = [];
  const block = (methods: readonly CaptureMethod[], code: ErrorCode, reason: string): void => {
    for (const method of methods) blockers.push({ method, code, reason });
  };
  const possible = (method: CaptureMethod): boolean => blockers.every((blocker) => blocker.method !== method);
  const both = ['SNAPSHOT', 'CORE_DUMP'] as const;
  const snapshot = ['SNAPSHOT'] as const;
  let version: QemuVersion | null = null;
  let regions: PlannedRegion[] | null = null;
  let guestFolder: string | null = null;

  if (guest === null || description === null || !machineStates[machine.state].hasMemory) {
    block(
      both,
      'NOT_RUNNING',
      `${JSON.stringify(machine.name)} is ${machineStates[machine.state].label.toLowerCase()}: it has no memory to capture.`,
    );
  } else if (driver !== 'QEMU') {
    block(both, 'METHOD_UNAVAILABLE', `Only QEMU guests can be captured; this hypervisor is ${driver}.`);
  } else if (!parts.remote && (await hasFrozenThread(machine.id))) {
    // Before its QEMU is asked anything: it may never answer, and the question would take a place at libvirt for ever.
    block(both, 'GUEST_FROZEN', frozenReason);
  } else {
    for (const reason of description.memoryObstacles) block(both, 'METHOD_UNAVAILABLE', reason);
    for (const reason of placeObstacles(parts)) block(snapshot, 'METHOD_UNAVAILABLE', reason);
    for (const reason of description.snapshotObstacles) block(snapshot, 'METHOD_UNAVAILABLE', reason);
    // First in the list: it is over soon, and then the rest counts.
    const busy = (work: ForeignWork | null): void => {
      if (work === null) return;
      blockers.unshift(
        ...work.blocks.map((method) => ({ method, code: 'MACHINE_BUSY' as const, reason: work.reason })),
      );
    };
    try {
      busy(await foreignJob(guest));
      if (possible('SNAPSHOT')) {
        version = await guest.version();
        busy(await foreignMigration(guest));
        for (const reason of await monitorObstacles(guest, machine, version))
          block(snapshot, 'METHOD_UNAVAILABLE', reason);
        regions = await readRegions(guest);
        guestFolder = await guest.folder();
      }
    } catch (error) {
      const failure = toFailure(error, 'asking the guest’s QEMU');
      if (failure.code === 'HYPERVISOR_UNAVAILABLE' || failure.code === 'GUEST_GONE') throw failure;
      // A core dump would wait for the same monitor, and nobody could end it.
      if (failure.code === 'GUEST_FROZEN') block(both, failure.code, `The guest may be frozen: ${failure.message}`);
      else
        block(
          snapshot,
          'METHOD_UNAVAILABLE',
          `QEMU does not answer the queries that a snapshot needs: ${failure.message}`,
        );
    }
  }

  const memoryBytes = regions === null ? machine.memoryBytes : regionBytes(regions);
  const methods = both.map((method): MethodForecast => {
    const can = possible(method);
    return { method, possible: can, expectedPauseMs: can ? pauseOf(method, memoryBytes, parts) : null };
  });
  return {
    options: { machine, methods, blockers, memoryBytes, ...automatic(machine, methods, blockers, version) },
    description,
    version,
    regions,
    guestFolder,
  };
}

const executes = ({ state }: Machine): boolean => state === 'RUNNING' || state === 'BLOCKED';

/** What `hasFrozenThread` found, for a person. */
export const frozenReason =
  'The guest is frozen: one of its vCPU threads waits in the kernel (handle_userfault) for a page that is never released. An interrupted snapshot causes this before QEMU 8.1. Its state still says running.';

function placeObstacles({ description, remote }: ForecastParts): string[] {
  const reasons: string[] = [];
  if (description?.architecture !== 'x86_64')
    reasons.push(`SNAPSHOT does not support ${description?.architecture} guests yet; use CORE_DUMP.`);
  if (remote) reasons.push('Its hypervisor is on another host. SNAPSHOT needs Memoir on the same host.');
  return reasons;
}

async function monitorObstacles(guest: Guest, { state }: Machine, version: QemuVersion): Promise<string[]> {
  if (version.major < snapshotSince || (await guest.snapshotCapability()) === null)
    return [`Its QEMU ${versionText(version)} has no background snapshots; they need QEMU 6.0 or newer.`];
  const obstacle = stateObstacle(state, version);
  const { blockedReasons } = await guest.migration();
  return [
    ...(obstacle === null ? [] : [obstacle]),
    ...blockedReasons.map((reason) => `QEMU cannot save its state: ${reason}`),
  ];
}

function pauseOf(method: CaptureMethod, memoryBytes: number, { machine, dumpBytesPerMs }: ForecastParts): number {
  if (!executes(machine)) return 0;
  if (method === 'SNAPSHOT') return snapshotPauseMs;
  return Math.round(memoryBytes / (dumpBytesPerMs ?? usualBytesPerMs));
}

/**
 * AUTO never takes a way that can hurt: before QEMU 8.1 a snapshot that ends early freezes the guest for good, while every
 * status still says "running". There it is an explicit choice.
 */
function automatic(
  machine: Machine,
  methods: readonly MethodForecast[],
  blockers: readonly CaptureBlocker[],
  version: QemuVersion | null,
): Pick<CaptureOptions, 'automatic' | 'automaticReason'> {
  const possible = (wanted: CaptureMethod) => methods.some((one) => one.method === wanted && one.possible);
  const reasonAgainst = (method: CaptureMethod) => blockers.find((blocker) => blocker.method === method)?.reason ?? '';
  if (!executes(machine) && possible('CORE_DUMP'))
    return { automatic: 'CORE_DUMP', automaticReason: 'it does not execute now, so a core dump costs it nothing' };
  if (possible('SNAPSHOT') && version !== null && survivesInterruption(version))
    return { automatic: 'SNAPSHOT', automaticReason: 'it is running, and a snapshot pauses it only for milliseconds' };
  if (!possible('CORE_DUMP')) return { automatic: null, automaticReason: reasonAgainst('CORE_DUMP') };
  const why =
    version !== null && possible('SNAPSHOT')
      ? `its QEMU is ${versionText(version)}, and before 8.1 an interrupted snapshot freezes the guest permanently`
      : reasonAgainst('SNAPSHOT');
  return { automatic: 'CORE_DUMP', automaticReason: why };
}
