/** Numbers that calls take and bring, by name: enums and flags of libvirt's C headers, without their prefixes. */

/** virConnectFlags, for connectOpen. */
export const openFlags = { readOnly: 1 } as const;

/** Features of the daemon that connectSupportsFeature asks for (src/libvirt_internal.h). */
export const features = { keepalive: 10, eventCallbacks: 14, closeCallback: 15 } as const;

/** What authList offers. */
export const authTypes = { none: 0, sasl: 1, polkit: 2 } as const;

/** virDomainState. */
export const domainStates = {
  noState: 0,
  running: 1,
  blocked: 2,
  paused: 3,
  shutdown: 4,
  shutoff: 5,
  crashed: 6,
  pmSuspended: 7,
} as const;

/** virDomainPausedReason, of a domain in state `paused`. */
export const pausedReasons = {
  unknown: 0,
  user: 1,
  migration: 2,
  save: 3,
  dump: 4,
  ioError: 5,
  watchdog: 6,
  fromSnapshot: 7,
  shuttingDown: 8,
  snapshot: 9,
  crashed: 10,
  startingUp: 11,
  postcopy: 12,
  postcopyFailed: 13,
  apiError: 14,
} as const;

/** virDomainEventType, of the event `lifecycle`. */
export const lifecycleEvents = {
  defined: 0,
  undefined: 1,
  started: 2,
  suspended: 3,
  resumed: 4,
  stopped: 5,
  shutdown: 6,
  pmSuspended: 7,
  crashed: 8,
} as const;

/** virConnectListAllDomainsFlags. */
export const listDomainsFlags = { active: 1, inactive: 2, persistent: 4, transient: 8 } as const;

/** virConnectListAllStoragePoolsFlags. */
export const listPoolsFlags = { inactive: 1, active: 2 } as const;

/** virDomainXMLFlags. */
export const domainXmlFlags = { secure: 1, inactive: 2 } as const;

/** virDomainModificationImpact. */
export const impactFlags = { current: 0, live: 1, config: 2 } as const;

/** virDomainCoreDumpFlags. `crash` ends the guest and `reset` restarts it: neither is for capturing a running one. */
export const coreDumpFlags = { crash: 1, live: 2, bypassCache: 4, reset: 8, memoryOnly: 16 } as const;

/** virDomainCoreDumpFormat. */
export const coreDumpFormats = { raw: 0, kdumpZlib: 1, kdumpLzo: 2, kdumpSnappy: 3, winDump: 4 } as const;

/** virDomainStatsTypes. */
export const statsTypes = {
  state: 1,
  cpuTotal: 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
  perf: 64,
  iothread: 128,
  memory: 256,
  dirtyRate: 512,
} as const;

/** virConnectGetAllDomainStatsFlags. `noWait` leaves out what a busy guest would have to be waited for. */
export const statsFlags = { active: 1, inactive: 2, noWait: 1 << 29 } as const;

/** virDomainJobType. */
export const jobTypes = { none: 0, bounded: 1, unbounded: 2, completed: 3, failed: 4, cancelled: 5 } as const;

/** virDomainJobOperation, in the job's statistics. */
export const jobOperations = {
  unknown: 0,
  start: 1,
  save: 2,
  restore: 3,
  migrationIn: 4,
  migrationOut: 5,
  snapshot: 6,
  snapshotRevert: 7,
  dump: 8,
  backup: 9,
  snapshotDelete: 10,
} as const;

/** virDomainGetJobStatsFlags. */
export const jobStatsFlags = { completed: 1, keepCompleted: 2 } as const;

/** virDomainMemoryFlags. */
export const memoryPeekFlags = { virtual: 1, physical: 2 } as const;

/** virDomainMetadataType. */
export const metadataTypes = { description: 0, title: 1, element: 2 } as const;

/** virDomainQemuMonitorCommandFlags. */
export const monitorCommandFlags = { qmp: 0, hmp: 1 } as const;

/** virDomainBlockResizeFlags. */
export const blockResizeFlags = { bytes: 1 } as const;

/** virStorageVolType, of storageVolGetInfo. */
export const volumeTypes = { file: 0, block: 1, dir: 2, network: 3, netdir: 4, ploop: 5 } as const;

/** virStorageVolDownloadFlags and virStorageVolUploadFlags. */
export const transferFlags = { sparse: 1 } as const;

/** The name that a number has in one of the tables above, or undefined. */
export function nameOf<T extends Readonly<Record<string, number>>>(table: T, value: number): keyof T | undefined {
  return Object.keys(table).find((name) => table[name] === value);
}
