import { namesOf } from './table.ts';

// Long: every code of every room, in one table.
interface CatalogueRow {
  /** What it means, for the schema's documentation. */
  readonly meaning: string;
  /** What a person can do about it; ends up in the error as `hint` unless the thrower knows better. */
  readonly mend: string;
  /** The status of plain HTTP routes (GraphQL answers carry the code in `extensions`). */
  readonly http: number;
}

/** Every expected failure has a code here, and only here. A code is never renamed: scripts depend on it. */
export const errorCatalogue = {
  BAD_INPUT: {
    meaning: 'An argument is malformed or out of its range.',
    mend: 'Correct the named argument.',
    http: 400,
  },
  BAD_CURSOR: {
    meaning: 'A paging or event cursor was not made by this server.',
    mend: 'Start again without a cursor.',
    http: 400,
  },
  CURSOR_EXPIRED: {
    meaning: 'Events after this cursor were missed for so long that they are no longer kept.',
    mend: 'Go on from the oldest cursor, which the details name; JOURNAL_RETENTION says how long events are kept.',
    http: 410,
  },
  NOT_FOUND: { meaning: 'Not found.', mend: 'Check the name or id; names are case-sensitive.', http: 404 },
  UNAUTHENTICATED: {
    meaning: 'No token, or one that is unknown, expired or revoked.',
    mend: 'Send `Authorization: Bearer <token>`.',
    http: 401,
  },
  FORBIDDEN: {
    meaning: 'The token’s role does not allow this.',
    mend: 'Use a token of the role that the message names.',
    http: 403,
  },
  ALREADY_ACTIVE: {
    meaning: 'Another operation on the same machine or artifact is queued or running.',
    mend: 'Wait for the named operation, or cancel it.',
    http: 409,
  },
  ALREADY_FINISHED: { meaning: 'The operation has already finished.', mend: 'No action is needed.', http: 409 },
  IDEMPOTENCY_CONFLICT: {
    meaning: 'The idempotency key was used before for a different request.',
    mend: 'Use a new key for a new request.',
    http: 409,
  },
  NOT_RUNNING: {
    meaning: 'The machine is off, so there is no memory to capture.',
    mend: 'Start the machine first.',
    http: 409,
  },
  METHOD_UNAVAILABLE: {
    meaning: 'This capture method is not available for this machine right now.',
    mend: 'Use AUTO, or query captureOptions to see what blocks it.',
    http: 409,
  },
  PAUSE_TOO_LONG: {
    meaning: 'The only capture method that is left would pause the machine for longer than allowed.',
    mend: 'Choose CORE_DUMP when the machine may stand still, or raise maxPauseMs (MAX_PAUSE of the server).',
    http: 409,
  },
  MACHINE_BUSY: {
    meaning:
      'Somebody else migrates, saves, snapshots or dumps this machine, or an earlier capture of it is being undone.',
    mend: 'Wait until that is over (virsh domjobinfo shows libvirt’s jobs), then trigger again.',
    http: 409,
  },
  HELD: {
    meaning: 'Somebody holds this artifact, so it cannot be deleted.',
    mend: 'Release the hold first, if its reason no longer applies.',
    http: 409,
  },
  RETENTION_CHANGED: {
    meaning: 'The preview is out of date: other artifacts would be removed now.',
    mend: 'Look at the preview again.',
    http: 409,
  },
  NO_SPACE: {
    meaning: 'Not enough free space in the dump folder.',
    mend: 'Free some space, delete old dumps, or point DUMP_DIR at a larger file system.',
    http: 507,
  },
  QUEUE_FULL: { meaning: 'Too many operations are queued.', mend: 'Retry when some have finished.', http: 429 },
  LIMIT_EXCEEDED: {
    meaning: 'The request exceeds a size or cost limit.',
    mend: 'Request less at a time.',
    http: 413,
  },
  HYPERVISOR_UNAVAILABLE: {
    meaning: 'The hypervisor does not respond.',
    mend: 'See the service state for the reason; Memoir reconnects by itself.',
    http: 503,
  },
  HYPERVISOR_REFUSED: {
    meaning: 'The hypervisor refused the request.',
    mend: 'See the message; it comes from the hypervisor.',
    http: 502,
  },
  GUEST_GONE: {
    meaning: 'The machine stopped while it was being captured.',
    mend: 'Start it, then trigger the dump again.',
    http: 409,
  },
  GUEST_FROZEN: {
    meaning:
      'The machine is not executing and its QEMU does not respond, although its status may say that it is running.',
    mend: 'On its host, run scripts/thaw-guest.py as root to thaw a guest that an interrupted snapshot froze. Otherwise restart it; its memory is lost.',
    http: 409,
  },
  CAPTURE_FAILED: {
    meaning: 'The capture ended before all memory was read.',
    mend: 'See the message, then trigger the dump again.',
    http: 502,
  },
  STREAM_INVALID: {
    meaning: 'The memory stream has a format that this version does not support.',
    mend: 'Use CORE_DUMP, and report the message: it names the section and offset.',
    http: 502,
  },
  TARGET_UNAVAILABLE: {
    meaning: 'The inspector of the Node.js process cannot be opened.',
    mend: 'See the text for the reason; the process was not harmed.',
    http: 409,
  },
  TARGET_GONE: {
    meaning: 'The Node.js process ended, or the connection to it was lost.',
    mend: 'Look at its own log, then capture it again.',
    http: 409,
  },
  TARGET_MEMORY: {
    meaning: 'The Node.js process has too little memory left for a snapshot and could be killed by it.',
    mend: 'Raise its memory limit, sample its allocations instead, or set force if it may be lost.',
    http: 409,
  },
  TARGET_OUT_OF_MEMORY: {
    meaning: 'The kernel killed the Node.js process while its snapshot was taken: memory ran out.',
    mend: 'Raise its memory limit before the next snapshot, or sample its allocations instead.',
    http: 409,
  },
  SNAPSHOT_INVALID: {
    meaning: 'The heap snapshot is damaged or has an unknown format.',
    mend: 'Take or upload it again; the text says where it is wrong.',
    http: 422,
  },
  INTERRUPTED: { meaning: 'The server stopped while the operation was running.', mend: 'Trigger it again.', http: 503 },
  CANCELLED: {
    meaning: 'The operation was cancelled.',
    mend: 'Trigger it again if you did not intend this.',
    http: 409,
  },
  STALLED: {
    meaning: 'No progress for longer than the stall timeout.',
    mend: 'Check the disk and the hypervisor. DUMP_STALL_TIMEOUT sets the limit.',
    http: 504,
  },
  TIMED_OUT: { meaning: 'The operation took longer than allowed.', mend: 'DUMP_TIMEOUT sets the limit.', http: 504 },
  STORAGE_FAILED: {
    meaning: 'The artifact could not be read or written.',
    mend: 'Check the disk and the permissions of the dump folder.',
    http: 500,
  },
  ARTIFACT_EXISTS: {
    meaning: 'A file already exists at the artifact’s path.',
    mend: 'Find out who created it; nothing was overwritten.',
    http: 409,
  },
  ARTIFACT_MISSING: {
    meaning: 'The artifact no longer exists.',
    mend: 'It was deleted or moved outside Memoir.',
    http: 410,
  },
  ARTIFACT_DAMAGED: {
    meaning: 'The artifact is damaged: its checksum does not match.',
    mend: 'Do not rely on it. The message says what is wrong.',
    http: 409,
  },
  DATABASE_BUSY: {
    meaning: 'Another process holds a lock on the database.',
    mend: 'Find it with lsof and wait for it to finish.',
    http: 503,
  },
  DATABASE_DAMAGED: {
    meaning: 'The database file is damaged.',
    mend: 'Move it away, start again and rebuild the catalogue from the manifests: memoir reindex.',
    http: 500,
  },
  DATABASE_FAILED: {
    meaning: 'The database could not be read or written.',
    mend: 'Check the disk and the permissions of the data folder.',
    http: 500,
  },
  DATA_DIR_IN_USE: {
    meaning: 'Another server uses this data directory.',
    mend: 'Stop it, or give this one its own DATA_DIR.',
    http: 500,
  },
  CONFIG_INVALID: {
    meaning: 'An environment variable has an invalid value.',
    mend: 'Correct the named variable.',
    http: 500,
  },
  NOT_CONFIGURED: {
    meaning: 'This feature is not configured on this server.',
    mend: 'Set the variable that the message names, then restart the server.',
    http: 409,
  },
  INFLUX_UNAVAILABLE: {
    meaning: 'InfluxDB does not respond, or its response is invalid.',
    mend: 'See the message for the reason. No record is lost: all of them are in the catalogue.',
    http: 503,
  },
  NAME_TAKEN: {
    meaning: 'Another volume has this name.',
    mend: 'Choose another name, or delete the volume that has it.',
    http: 409,
  },
  VOLUME_IN_USE: {
    meaning: 'The volume is attached or exported.',
    mend: 'Remove its export and detach it first.',
    http: 409,
  },
  VOLUME_NOT_EMPTY: {
    meaning: 'The volume’s device holds data, or was not proven empty.',
    mend: 'Nothing was written. If the data is of no use, erase it by hand (wipefs, blkdiscard), or create another volume.',
    http: 409,
  },
  DETACH_REFUSED: {
    meaning: 'The guest did not release the device, so the volume is attached as before.',
    mend: 'Unmount it inside the guest and detach again. A guest without hot-unplug has to be shut down first.',
    http: 409,
  },
  DEVICE_MISSING: {
    meaning: 'No device of this host can be shown to be the volume.',
    mend: 'Check that the volume is attached to this host, then reconcile.',
    http: 409,
  },
  DEVICE_AMBIGUOUS: {
    meaning: 'More than one device could be the volume, so none is used.',
    mend: 'Give the volume a serial, or detach the other one; see the text for the devices.',
    http: 409,
  },
  DEVICE_CHANGED: {
    meaning: 'The device is not the one that was verified before.',
    mend: 'Stop using it, then reconcile: that verifies the new device from the beginning.',
    http: 409,
  },
  PROVIDER_UNAVAILABLE: {
    meaning: 'The volume provider does not respond.',
    mend: 'Check its address and network; it is safe to start the operation again.',
    http: 503,
  },
  PROVIDER_REFUSED: {
    meaning: 'The volume provider refused the request.',
    mend: 'See the text, which is the provider’s own.',
    http: 502,
  },
  SHUTTING_DOWN: {
    meaning: 'The server is shutting down and accepts no new work.',
    mend: 'Retry when it is back.',
    http: 503,
  },
  HOOK_REFUSED: {
    meaning: 'The address of a webhook leads to a private network.',
    mend: 'Use an address of the internet, or set HOOKS_ALLOW_PRIVATE=on.',
    http: 403,
  },
  TIMEOUT: { meaning: 'The request timed out.', mend: 'Retry, or request less.', http: 504 },
  INTERNAL: {
    meaning: 'Internal error; the details are in the server log.',
    mend: 'Search the log for the reference.',
    http: 500,
  },
} as const satisfies Record<string, CatalogueRow>;

export type ErrorCode = keyof typeof errorCatalogue;
export const allErrorCodes = namesOf(errorCatalogue);

const retryable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ALREADY_ACTIVE',
  'QUEUE_FULL',
  'HYPERVISOR_UNAVAILABLE',
  'CAPTURE_FAILED',
  'INTERRUPTED',
  'STALLED',
  'DATABASE_BUSY',
  'INFLUX_UNAVAILABLE',
  'PROVIDER_UNAVAILABLE',
  'SHUTTING_DOWN',
  'TIMEOUT',
]);

/** Whether the same request may succeed later although nobody changed anything. */
export const isRetryable = (code: ErrorCode): boolean => retryable.has(code);
