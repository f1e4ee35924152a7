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
  NOT_FOUND: { meaning: 'There is no such thing.', mend: 'Check the name or id; names are case-sensitive.', http: 404 },
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
    meaning: 'Another operation on the same subject is queued or running.',
    mend: 'Wait for the named operation, or cancel it.',
    http: 409,
  },
  ALREADY_FINISHED: { meaning: 'The operation is over already.', mend: 'Nothing is left to do.', http: 409 },
  IDEMPOTENCY_CONFLICT: {
    meaning: 'The idempotency key was used before for a different request.',
    mend: 'Use a new key for a new request.',
    http: 409,
  },
  NOT_RUNNING: {
    meaning: 'The machine has no memory to capture: it is off.',
    mend: 'Start the machine first.',
    http: 409,
  },
  METHOD_UNAVAILABLE: {
    meaning: 'The chosen capture method is not possible for this machine now.',
    mend: 'Choose AUTO, or ask captureOptions for what blocks it.',
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
  NO_SPACE: {
    meaning: 'The dump folder has too little free space.',
    mend: 'Free some space, delete old dumps, or point DUMP_DIR at a larger file system.',
    http: 507,
  },
  QUEUE_FULL: { meaning: 'Too many operations are waiting.', mend: 'Try again when some have finished.', http: 429 },
  LIMIT_EXCEEDED: {
    meaning: 'The request is larger or costlier than allowed.',
    mend: 'Ask for less at a time.',
    http: 413,
  },
  HYPERVISOR_UNAVAILABLE: {
    meaning: 'The hypervisor does not answer.',
    mend: 'See the service state for the reason; Memoir reconnects by itself.',
    http: 503,
  },
  HYPERVISOR_REFUSED: {
    meaning: 'The hypervisor refused the request.',
    mend: 'See the text, which is the hypervisor’s own.',
    http: 502,
  },
  GUEST_GONE: {
    meaning: 'The machine ended while it was being captured.',
    mend: 'Start it and trigger again.',
    http: 409,
  },
  GUEST_FROZEN: {
    meaning: 'The machine does not execute and its QEMU does not answer, whatever its status says.',
    mend: 'As root on its host, scripts/thaw-guest.py thaws what an interrupted snapshot froze; else restart it (its memory is lost).',
    http: 409,
  },
  CAPTURE_FAILED: {
    meaning: 'The machine’s memory could not be read to the end.',
    mend: 'See the text; trigger again.',
    http: 502,
  },
  STREAM_INVALID: {
    meaning: 'The memory stream has a form that this version does not know.',
    mend: 'Use CORE_DUMP, and report the text: it names section and offset.',
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
  SNAPSHOT_INVALID: {
    meaning: 'The heap snapshot is damaged or of an unknown form.',
    mend: 'Take or upload it again; the text says where it is wrong.',
    http: 422,
  },
  INTERRUPTED: { meaning: 'The server ended while the operation ran.', mend: 'Trigger it again.', http: 503 },
  CANCELLED: {
    meaning: 'Somebody cancelled the operation.',
    mend: 'Trigger it again if that was a mistake.',
    http: 409,
  },
  STALLED: {
    meaning: 'No byte moved for too long.',
    mend: 'Check disk and hypervisor; DUMP_STALL_TIMEOUT sets the limit.',
    http: 504,
  },
  TIMED_OUT: { meaning: 'The operation took longer than allowed.', mend: 'DUMP_TIMEOUT sets the limit.', http: 504 },
  STORAGE_FAILED: {
    meaning: 'The artifact could not be written or read.',
    mend: 'Check the dump folder’s disk and rights.',
    http: 500,
  },
  ARTIFACT_EXISTS: {
    meaning: 'Something already lies at the artifact’s path.',
    mend: 'Look who put it there; nothing was overwritten.',
    http: 409,
  },
  ARTIFACT_MISSING: {
    meaning: 'The artifact is no longer there.',
    mend: 'It was deleted or moved outside of Memoir.',
    http: 410,
  },
  ARTIFACT_DAMAGED: {
    meaning: 'The artifact’s bytes are not those that were written.',
    mend: 'Do not rely on it; the message names what is wrong.',
    http: 409,
  },
  DATABASE_BUSY: {
    meaning: 'Another process keeps the database locked.',
    mend: 'Find it (lsof) and let it finish.',
    http: 503,
  },
  DATABASE_DAMAGED: {
    meaning: 'The database file is damaged.',
    mend: 'Move it away, start again and rebuild the catalogue from the manifests: memoir reindex.',
    http: 500,
  },
  DATABASE_FAILED: {
    meaning: 'The database could not be read or written.',
    mend: 'Check the data folder’s disk and rights.',
    http: 500,
  },
  DATA_DIR_IN_USE: {
    meaning: 'Another server uses this data directory.',
    mend: 'Stop it, or give this one its own DATA_DIR.',
    http: 500,
  },
  CONFIG_INVALID: {
    meaning: 'The environment holds a value that makes no sense.',
    mend: 'Correct the named variable.',
    http: 500,
  },
  NOT_CONFIGURED: {
    meaning: 'This needs something that this server was not told to use.',
    mend: 'Set the variable that the message names, and start again.',
    http: 409,
  },
  INFLUX_UNAVAILABLE: {
    meaning: 'InfluxDB does not answer, or not as it should.',
    mend: 'See the text for the reason; nothing is lost, what was recorded is in the catalogue.',
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
    meaning: 'The volume provider does not answer.',
    mend: 'Check its address and network; the operation can be started again without making anything twice.',
    http: 503,
  },
  PROVIDER_REFUSED: {
    meaning: 'The volume provider refused the request.',
    mend: 'See the text, which is the provider’s own.',
    http: 502,
  },
  SHUTTING_DOWN: {
    meaning: 'The server is stopping and takes no new work.',
    mend: 'Try again when it is back.',
    http: 503,
  },
  TIMEOUT: { meaning: 'An answer took too long.', mend: 'Try again, or ask for less.', http: 504 },
  INTERNAL: {
    meaning: 'Something unexpected went wrong; the log has it.',
    mend: 'Look up the reference in the log.',
    http: 500,
  },
} as const satisfies Record<string, CatalogueRow>;

export type ErrorCode = keyof typeof errorCatalogue;
export const allErrorCodes = Object.keys(errorCatalogue) as ErrorCode[];

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
