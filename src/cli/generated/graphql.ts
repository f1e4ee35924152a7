/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What an alert is about. */
export type AlertKind =
  /** The dump folder’s disk will soon be full. */
  | 'DISK_FILLING'
  /** Records have waited for InfluxDB for an hour, or it refused some. */
  | 'INFLUX_BEHIND'
  /** A machine has had no good dump for too long. */
  | 'NO_GOOD_DUMP';

/** What an artifact is. */
export type ArtifactKind =
  /** Memory dumps of machines. */
  | 'DUMP'
  /** Heap snapshots of Node.js processes; those of one session are kept or removed together. */
  | 'HEAP';

/** Whose heap to capture, and how. */
export type CaptureHeapInput = {
  /** Capture even if the process may not survive it. */
  force?: boolean;
  /** The same key again starts nothing new. */
  idempotencyKey?: string | null | undefined;
  /** Instead of a target: the one process in these pods. */
  pods?: PodSelectionInput | null | undefined;
  /** Remove the contents of strings; the server’s setting if absent. */
  redact?: boolean | null | undefined;
  /** What the service is called; the target’s own name if absent. */
  service?: string | null | undefined;
  /** An id of heapTargets, a pid, or a name; or pods instead. */
  target?: string | null | undefined;
  /** A worker thread of heapOptions; the main one if absent. */
  thread?: string | null | undefined;
  /** Seconds between each snapshot and the next, at most 20: [180] is a pair. A single one if absent. */
  waitsSec?: Array<number> | null | undefined;
};

/** How memory is captured. */
export type CaptureMethod =
  /** Memory-only core dump: the guest is paused for as long as its memory takes to be read. */
  | 'CORE_DUMP'
  /** QEMU background snapshot: the guest pauses for milliseconds and goes on while its memory is read. */
  | 'SNAPSHOT';

/** How the memory image is compressed on disk. */
export type Compression =
  /** Multi-member gzip, for tools without zstd support. */
  | 'GZIP'
  /** Uncompressed and sparse: zeros take no space on disk. */
  | 'NONE'
  /** Zstandard in the seekable format: an ordinary .zst file with random access. */
  | 'ZSTD';

/** Settings of a new token. */
export type CreateTokenInput = {
  /** When it expires; never if absent. */
  expiresAt?: string | null | undefined;
  /** Its name in audit log and operations: 1 to 64 letters, digits, spaces or ._@:- */
  name: string;
  /** Role of the token. */
  role: Role;
};

/** What volume to create. */
export type CreateVolumeInput = {
  /** 1 to 200 characters that stand for this request: repeated, it gives the same operation. */
  idempotencyKey?: string | null | undefined;
  /** 1 to 64 letters, digits and `._-`, beginning with a letter or digit; no other volume’s. */
  name: string;
  /** The format (libvirt: raw or qcow2) or disk offering (CloudStack); the default where it is left out. */
  offering?: string | null | undefined;
  /** How large. */
  sizeBytes: number;
  /** The storage pool (libvirt) or zone (CloudStack); the default where it is left out. */
  zone?: string | null | undefined;
};

/** Times that a cron expression names. */
export type CronTimingInput = {
  /** Minute, hour, day, month, weekday, as in `30 2 * * 1-5`; six fields begin with seconds. `L` (last), `#` (second Friday: `FRI#2`), `W` (nearest weekday) and names are understood. */
  expression: string;
  /** Time zone, by its IANA name. */
  timeZone?: string;
};

/** State of a delivery. */
export type DeliveryState =
  /** Given up after the last attempt of the schedule. */
  | 'DEAD'
  /** The receiver took it. */
  | 'DELIVERED'
  /** Waiting to be sent, or to be sent again. */
  | 'PENDING';

/** Which records: all conditions hold together, an absent one does not restrict. */
export type DumpRecordFilter = {
  /** Committed at this moment or later. */
  from?: string | null | undefined;
  /** With this in the machine’s name or in the hash, in any case; at most 200 characters, no wildcards. */
  search?: string | null | undefined;
  /** Whose artifact is in one of these states. */
  states?: Array<RecordState> | null | undefined;
  /** Committed before this moment. */
  until?: string | null | undefined;
  /** Of these machines: exact name, vmid or UUID. */
  vms?: Array<string> | null | undefined;
};

/** Why something was refused or failed. Every error of this API carries one of these in `extensions.code`; a code is never renamed. */
export type ErrorCode =
  /** Another operation on the same machine or artifact is queued or running. Wait for the named operation, or cancel it. */
  | 'ALREADY_ACTIVE'
  /** The operation has already finished. No action is needed. */
  | 'ALREADY_FINISHED'
  /** The artifact is damaged: its checksum does not match. Do not rely on it. The message says what is wrong. */
  | 'ARTIFACT_DAMAGED'
  /** A file already exists at the artifact’s path. Find out who created it; nothing was overwritten. */
  | 'ARTIFACT_EXISTS'
  /** The artifact no longer exists. It was deleted or moved outside Memoir. */
  | 'ARTIFACT_MISSING'
  /** A paging or event cursor was not made by this server. Start again without a cursor. */
  | 'BAD_CURSOR'
  /** An argument is malformed or out of its range. Correct the named argument. */
  | 'BAD_INPUT'
  /** The operation was cancelled. Trigger it again if you did not intend this. */
  | 'CANCELLED'
  /** The capture ended before all memory was read. See the message, then trigger the dump again. */
  | 'CAPTURE_FAILED'
  /** An environment variable has an invalid value. Correct the named variable. */
  | 'CONFIG_INVALID'
  /** Events after this cursor were missed for so long that they are no longer kept. Go on from the oldest cursor, which the details name; JOURNAL_RETENTION says how long events are kept. */
  | 'CURSOR_EXPIRED'
  /** Another process holds a lock on the database. Find it with lsof and wait for it to finish. */
  | 'DATABASE_BUSY'
  /** The database file is damaged. Move it away, start again and rebuild the catalogue from the manifests: memoir reindex. */
  | 'DATABASE_DAMAGED'
  /** The database could not be read or written. Check the disk and the permissions of the data folder. */
  | 'DATABASE_FAILED'
  /** Another server uses this data directory. Stop it, or give this one its own DATA_DIR. */
  | 'DATA_DIR_IN_USE'
  /** The guest did not release the device, so the volume is attached as before. Unmount it inside the guest and detach again. A guest without hot-unplug has to be shut down first. */
  | 'DETACH_REFUSED'
  /** More than one device could be the volume, so none is used. Give the volume a serial, or detach the other one; see the text for the devices. */
  | 'DEVICE_AMBIGUOUS'
  /** The device is not the one that was verified before. Stop using it, then reconcile: that verifies the new device from the beginning. */
  | 'DEVICE_CHANGED'
  /** No device of this host can be shown to be the volume. Check that the volume is attached to this host, then reconcile. */
  | 'DEVICE_MISSING'
  /** The token’s role does not allow this. Use a token of the role that the message names. */
  | 'FORBIDDEN'
  /** The machine is not executing and its QEMU does not respond, although its status may say that it is running. On its host, run scripts/thaw-guest.py as root to thaw a guest that an interrupted snapshot froze. Otherwise restart it; its memory is lost. */
  | 'GUEST_FROZEN'
  /** The machine stopped while it was being captured. Start it, then trigger the dump again. */
  | 'GUEST_GONE'
  /** Somebody holds this artifact, so it cannot be deleted. Release the hold first, if its reason no longer applies. */
  | 'HELD'
  /** The address of a webhook leads to a private network. Use an address of the internet, or set HOOKS_ALLOW_PRIVATE=on. */
  | 'HOOK_REFUSED'
  /** The hypervisor refused the request. See the message; it comes from the hypervisor. */
  | 'HYPERVISOR_REFUSED'
  /** The hypervisor does not respond. See the service state for the reason; Memoir reconnects by itself. */
  | 'HYPERVISOR_UNAVAILABLE'
  /** The idempotency key was used before for a different request. Use a new key for a new request. */
  | 'IDEMPOTENCY_CONFLICT'
  /** InfluxDB does not respond, or its response is invalid. See the message for the reason. No record is lost: all of them are in the catalogue. */
  | 'INFLUX_UNAVAILABLE'
  /** Internal error; the details are in the server log. Search the log for the reference. */
  | 'INTERNAL'
  /** The server stopped while the operation was running. Trigger it again. */
  | 'INTERRUPTED'
  /** The request exceeds a size or cost limit. Request less at a time. */
  | 'LIMIT_EXCEEDED'
  /** Somebody else migrates, saves, snapshots or dumps this machine, or an earlier capture of it is being undone. Wait until that is over (virsh domjobinfo shows libvirt’s jobs), then trigger again. */
  | 'MACHINE_BUSY'
  /** This capture method is not available for this machine right now. Use AUTO, or query captureOptions to see what blocks it. */
  | 'METHOD_UNAVAILABLE'
  /** Another volume has this name. Choose another name, or delete the volume that has it. */
  | 'NAME_TAKEN'
  /** This feature is not configured on this server. Set the variable that the message names, then restart the server. */
  | 'NOT_CONFIGURED'
  /** Not found. Check the name or id; names are case-sensitive. */
  | 'NOT_FOUND'
  /** The machine is off, so there is no memory to capture. Start the machine first. */
  | 'NOT_RUNNING'
  /** Not enough free space in the dump folder. Free some space, delete old dumps, or point DUMP_DIR at a larger file system. */
  | 'NO_SPACE'
  /** The only capture method that is left would pause the machine for longer than allowed. Choose CORE_DUMP when the machine may stand still, or raise maxPauseMs (MAX_PAUSE of the server). */
  | 'PAUSE_TOO_LONG'
  /** The volume provider refused the request. See the text, which is the provider’s own. */
  | 'PROVIDER_REFUSED'
  /** The volume provider does not respond. Check its address and network; it is safe to start the operation again. */
  | 'PROVIDER_UNAVAILABLE'
  /** Too many operations are queued. Retry when some have finished. */
  | 'QUEUE_FULL'
  /** The preview is out of date: other artifacts would be removed now. Look at the preview again. */
  | 'RETENTION_CHANGED'
  /** The server is shutting down and accepts no new work. Retry when it is back. */
  | 'SHUTTING_DOWN'
  /** The heap snapshot is damaged or has an unknown format. Take or upload it again; the text says where it is wrong. */
  | 'SNAPSHOT_INVALID'
  /** No progress for longer than the stall timeout. Check the disk and the hypervisor. DUMP_STALL_TIMEOUT sets the limit. */
  | 'STALLED'
  /** The artifact could not be read or written. Check the disk and the permissions of the dump folder. */
  | 'STORAGE_FAILED'
  /** The memory stream has a format that this version does not support. Use CORE_DUMP, and report the message: it names the section and offset. */
  | 'STREAM_INVALID'
  /** The Node.js process ended, or the connection to it was lost. Look at its own log, then capture it again. */
  | 'TARGET_GONE'
  /** The Node.js process has too little memory left for a snapshot and could be killed by it. Raise its memory limit, sample its allocations instead, or set force if it may be lost. */
  | 'TARGET_MEMORY'
  /** The kernel killed the Node.js process while its snapshot was taken: memory ran out. Raise its memory limit before the next snapshot, or sample its allocations instead. */
  | 'TARGET_OUT_OF_MEMORY'
  /** The inspector of the Node.js process cannot be opened. See the text for the reason; the process was not harmed. */
  | 'TARGET_UNAVAILABLE'
  /** The operation took longer than allowed. DUMP_TIMEOUT sets the limit. */
  | 'TIMED_OUT'
  /** The request timed out. Retry, or request less. */
  | 'TIMEOUT'
  /** No token, or one that is unknown, expired or revoked. Send `Authorization: Bearer <token>`. */
  | 'UNAUTHENTICATED'
  /** The volume is attached or exported. Remove its export and detach it first. */
  | 'VOLUME_IN_USE'
  /** The volume’s device holds data, or was not proven empty. Nothing was written. If the data is of no use, erase it by hand (wipefs, blkdiscard), or create another volume. */
  | 'VOLUME_NOT_EMPTY';

/** Times that are equally far from each other. */
export type EveryTimingInput = {
  /** What they are counted from; the moment of saving if absent. */
  from?: string | null | undefined;
  /** How far: 1 second to 400 days. */
  seconds: number;
};

/** Where Node.js processes are. */
export type HeapTargetKind =
  /** Containers of the engine of this machine. */
  | 'DOCKER'
  /** Pods of the cluster of KUBERNETES_CONFIG. */
  | 'K8S'
  /** This machine. */
  | 'PROCESS';

/** Settings of a hook. */
export type HookInput = {
  /** What it is notified of; everything if absent. */
  kinds?: Array<NotificationKind> | null | undefined;
  /** Names of machines, with * and ?; all if absent. */
  machinePattern?: string | null | undefined;
  /** Lowest severity; INFO if absent. */
  minSeverity?: NotificationSeverity | null | undefined;
  /** Its name: 1 to 64 letters, digits, spaces or ._@:- */
  name: string;
  /** Where notifications go. */
  target: HookTargetInput;
};

/** Where notifications go: one of the two. */
export type HookTargetInput =
  {   /** Mail addresses, at most 20. */
  mailTo: Array<string>; url?: never; }
  |  { mailTo?: never;   /** A webhook’s address: https, or http for localhost; private networks only with HOOKS_ALLOW_PRIVATE. */
  url: string; };

/** How a hook delivers. */
export type HookType =
  /** By mail; a digest per hour where there are many. */
  | 'MAIL'
  /** By a signed HTTP request (Standard Webhooks) with a CloudEvent. */
  | 'WEBHOOK';

/** Where machines come from. */
export type HypervisorKind =
  /** Simulated machines with synthetic memory. */
  | 'DEMO'
  /** Real machines, by libvirt. */
  | 'LIBVIRT';

/** Whether the hypervisor responds. */
export type HypervisorState =
  /** Connecting. */
  | 'CONNECTING'
  /** It answers, but has left some calls unanswered: a guest hangs, say. */
  | 'DEGRADED'
  /** Disconnected; Memoir reconnects automatically. */
  | 'DOWN'
  /** Connected. */
  | 'UP';

/** Format of the memory image inside an artifact. */
export type ImageFormat =
  /** ELF64 core, as crash, drgn, gdb, Volatility 3 and readelf open it. */
  | 'ELF'
  /** Flat physical memory: the byte at an offset is the byte at that address; holes are zero. */
  | 'RAW';

/** Which machines are meant. */
export type MachineSelection =
  {   /** Every machine that is running now; true is the only value that makes sense. */
  all: boolean; names?: never; }
  |  { all?: never;   /** Names, numeric ids or UUIDs, 1 to 1000; one that is named twice is meant once. */
  names: Array<string>; };

/** State of a machine, as the hypervisor reports it. */
export type MachineState =
  /** Waiting for a resource. */
  | 'BLOCKED'
  /** Crashed. */
  | 'CRASHED'
  /** Paused by a user or by the hypervisor; its memory is intact. */
  | 'PAUSED'
  /** Executing. */
  | 'RUNNING'
  /** Shutting down. */
  | 'SHUTTING_DOWN'
  /** Off; there is no memory to capture. */
  | 'SHUT_OFF'
  /** Suspended to RAM by the guest’s power management. */
  | 'SUSPENDED'
  /** Unknown to the hypervisor. */
  | 'UNKNOWN';

/** Which capture method to use. */
export type MethodChoice =
  /** SNAPSHOT where it is possible and safe, CORE_DUMP otherwise; the dump says which it was and why. */
  | 'AUTO'
  /** Memory-only core dump: the guest is paused for as long as its memory takes to be read. */
  | 'CORE_DUMP'
  /** QEMU background snapshot: the guest pauses for milliseconds and goes on while its memory is read. */
  | 'SNAPSHOT';

/** What happens with due times that were missed while the server was not running. */
export type MissedPolicy =
  /** The newest of them run, one after the other, up to a maximum. */
  | 'RUN_ALL'
  /** One run replaces all of them, unless another is due right now anyway. */
  | 'RUN_ONCE'
  /** Missed due times are listed as skipped. */
  | 'SKIP';

/** What can be notified of. */
export type NotificationKind =
  /** The dump folder’s disk will soon be full. */
  | 'DISK_FILLING'
  /** Records have waited for InfluxDB for an hour, or it refused some. */
  | 'INFLUX_BEHIND'
  /** A machine has had no good dump for too long. */
  | 'NO_GOOD_DUMP'
  /** An operation was cancelled. */
  | 'OPERATION_CANCELLED'
  /** An operation completed. */
  | 'OPERATION_COMPLETED'
  /** An operation failed. */
  | 'OPERATION_FAILED'
  /** An operation was accepted. */
  | 'OPERATION_QUEUED'
  /** An operation started. */
  | 'OPERATION_STARTED'
  /** Retention could not remove all that its policies say, or may remove nothing now. */
  | 'RETENTION_FAILED'
  /** Retention removed artifacts. */
  | 'RETENTION_REMOVED'
  /** A scheduled run failed. */
  | 'SCHEDULE_FAILED'
  /** Due times of a schedule passed while the server did not run, or the clock was set. */
  | 'SCHEDULE_MISSED'
  /** No machine matched when a schedule was due. */
  | 'SCHEDULE_NO_MACHINES'
  /** A scheduled run could not start. */
  | 'SCHEDULE_REFUSED'
  /** A scheduled run was skipped: it waited for the previous one until a later one replaced it. */
  | 'SCHEDULE_SKIPPED'
  /** A test that somebody asked for. */
  | 'TEST'
  /** A verification found that an artifact is damaged. */
  | 'VERIFICATION_FAILED';

/** How serious a notification is. */
export type NotificationSeverity =
  /** Something failed. */
  | 'ERROR'
  /** For information. */
  | 'INFO'
  /** Needs attention. */
  | 'WARNING';

/** Type of an event. */
export type OperationEventType =
  /** Cancelled on request. */
  | 'CANCELLED'
  /** Cancellation was requested; it is cleaning up. */
  | 'CANCEL_REQUESTED'
  /** Completed; its result is complete and recorded. */
  | 'COMPLETED'
  /** Failed. */
  | 'FAILED'
  /** Not an event: those between the last cursor and this one are not delivered, because they were pruned from the log. */
  | 'LAGGED'
  /** Something was noted about it, possibly after its end: verified, downloaded, deleted. */
  | 'NOTED'
  /** It entered another phase. */
  | 'PHASE'
  /** Accepted and queued. */
  | 'QUEUED'
  /** A server restart queued it again; it runs from the beginning. */
  | 'REQUEUED'
  /** It started. */
  | 'STARTED';

/** What kind of work an operation is. */
export type OperationKind =
  /** Captures the memory of a machine. */
  | 'DUMP'
  /** Captures the heap of a Node.js process. */
  | 'HEAP_CAPTURE'
  /** Reads a heap snapshot back and compares it with its digest. */
  | 'HEAP_VERIFY'
  /** A kind that this version does not know. */
  | 'OTHER'
  /** Brings the catalogue and InfluxDB together. */
  | 'RECORDS_SYNC'
  /** Rebuilds the catalogue from the manifests. */
  | 'REINDEX'
  /** Reads an artifact back and compares it with its digests. */
  | 'VERIFY'
  /** Attaches a volume to a machine, and finds its device. */
  | 'VOLUME_ATTACH'
  /** Creates a volume. */
  | 'VOLUME_CREATE'
  /** Deletes a volume with its bytes. */
  | 'VOLUME_DELETE'
  /** Detaches a volume from its machine. */
  | 'VOLUME_DETACH'
  /** Shows a volume’s bytes over NBD. */
  | 'VOLUME_EXPORT'
  /** Makes a file system on an empty volume. */
  | 'VOLUME_FORMAT'
  /** Makes a volume larger. */
  | 'VOLUME_RESIZE'
  /** Ends a volume’s export. */
  | 'VOLUME_UNEXPORT';

/** State of an operation: QUEUED, then RUNNING, then one of three ends. */
export type OperationState =
  /** Cancelled on request; nothing was kept. */
  | 'CANCELLED'
  /** Completed: its result is complete and recorded. */
  | 'COMPLETED'
  /** Ended without a result; the error code and text say why and what to do. */
  | 'FAILED'
  /** Accepted and queued. */
  | 'QUEUED'
  /** At work. Goes back to QUEUED only when a restart found it safe to run again from the beginning. */
  | 'RUNNING';

/** Delivery state of lines for InfluxDB. */
export type OutboxState =
  /** All lines were accepted. */
  | 'IDLE'
  /** Action is required first; checked again every minute. */
  | 'PAUSED'
  /** Sending failed and is retried automatically. */
  | 'RETRYING'
  /** Lines are being sent. */
  | 'SENDING';

/** Pods of a cluster by their labels. */
export type PodSelectionInput = {
  /** Only containers with this name. */
  container?: string | null | undefined;
  /** Their namespace; the server’s own if absent. */
  namespace?: string | null | undefined;
  /** Their labels: app=shop,tier!=test. */
  selector: string;
};

/** Which store the answer came from. */
export type RecordSource =
  /** The catalogue of this server. */
  | 'CATALOGUE'
  /** InfluxDB, by its old HTTP query interface, because the others failed. */
  | 'INFLUX_HTTP'
  /** InfluxDB, by InfluxQL, because SQL failed. */
  | 'INFLUX_QL'
  /** InfluxDB, by SQL. */
  | 'INFLUX_SQL';

/** State of a recorded dump’s artifact. */
export type RecordState =
  /** The artifact is available at its path. */
  | 'AVAILABLE'
  /** Verification found that the checksum does not match. */
  | 'DAMAGED'
  /** The artifact was deleted through Memoir; the record remains. */
  | 'DELETED';

/** Why an artifact is kept or removed. */
export type RetentionReason =
  /** There are more bytes than the policy allows; the oldest are removed. */
  | 'BYTES'
  /** Its machine has more bytes than the policy allows; the oldest are removed. */
  | 'BYTES_PER_MACHINE'
  /** Damaged, and newer than the oldest intact one that stays. */
  | 'DAMAGED'
  /** Somebody holds it. */
  | 'HELD'
  /** The newest of a day. */
  | 'KEEP_DAILY'
  /** The newest of an hour. */
  | 'KEEP_HOURLY'
  /** Among the last ones. */
  | 'KEEP_LAST'
  /** The newest of a month. */
  | 'KEEP_MONTHLY'
  /** The newest of a week. */
  | 'KEEP_WEEKLY'
  /** No older than the policy allows. */
  | 'KEEP_WITHIN'
  /** The newest intact one of its machine. */
  | 'LAST_GOOD'
  /** No policy applies to it. */
  | 'NO_POLICY'
  /** Its policy has no rule that removes anything by age or number. */
  | 'NO_RULES'
  /** It is being downloaded or read. */
  | 'OPEN'
  /** There is no space for a dump; the oldest are removed. */
  | 'PRESSURE'
  /** No rule keeps it. */
  | 'RULES'
  /** It is being verified. */
  | 'VERIFYING';

/** What the bearer of a token may do. Each role includes the ones before it. */
export type Role =
  /** Downloads memory, deletes dumps and manages tokens as well. */
  | 'ADMIN'
  /** Triggers, cancels and verifies dumps as well. */
  | 'OPERATOR'
  /** Sees machines, dumps, records and events. */
  | 'VIEWER';

/** All of a schedule. */
export type ScheduleInput = {
  /** How to dump; as triggerDumps does where both are absent. */
  dump?: ScheduledDumpInput | null | undefined;
  /** Captures two heap snapshots of each process in place of dumps, so many seconds apart. */
  heapPairWaitSeconds?: number | null | undefined;
  /** Which machines. */
  machines: ScheduleMachinesInput;
  /** For RUN_ALL: at most so many, 1 to 100. */
  maxCaughtUp?: number;
  /** At most so many of its runs at once; what the server allows if absent. */
  maxParallel?: number | null | undefined;
  /** What happens with due times that were missed while the server was not running. */
  missed?: MissedPolicy;
  /** 1 to 200 characters, no other schedule’s. */
  name: string;
  /** Each machine starts at a moment of its own within so long after the due time, always the same: 0 to 86400. */
  spreadSeconds?: number;
  /** When. */
  timing: ScheduleTimingInput;
};

/** Which machines, or Node.js processes for heap snapshots: one of the four. */
export type ScheduleMachinesInput =
  {   /** All that run when it is due; true is the only value that makes sense. */
  all: boolean; label?: never; names?: never; pattern?: never; }
  |  { all?: never;   /** Those that run and have this word in their title, as libvirt keeps it. */
  label: string; names?: never; pattern?: never; }
  |  { all?: never; label?: never;   /** By name or id, 1 to 1000. */
  names: Array<string>; pattern?: never; }
  |  { all?: never; label?: never; names?: never;   /** Those that run and whose name matches; `*` is any text, `?` one character. */
  pattern: string; };

/** When: one of the two. */
export type ScheduleTimingInput =
  {   /** By a cron expression. */
  cron: CronTimingInput; every?: never; }
  |  { cron?: never;   /** Every so often. */
  every: EveryTimingInput; };

/** How dumps are taken. */
export type ScheduledDumpInput = {
  /** Compression of the artifact. */
  compression?: Compression;
  /** Form of the image. */
  format?: ImageFormat;
  /** Take the digest of the uncompressed image too. */
  imageDigest?: boolean;
  /** The longest expected pause, as for triggerDumps. */
  maxPauseMs?: number | null | undefined;
  /** How to capture. */
  method?: MethodChoice;
};

/** Which machines to dump, and how. */
export type TriggerDumpsInput = {
  /**
   * Every machine that is running now.
   * @deprecated Use machines: { all: true }.
   */
  all?: boolean;
  /** Compression of the artifact. */
  compression?: Compression;
  /** Form of the image. */
  format?: ImageFormat;
  /** Idempotency key, 1 to 200 characters: a request that is repeated with the same key returns the same dumps and starts no others. */
  idempotencyKey?: string | null | undefined;
  /** Take the SHA-256 of the uncompressed image too, which reads the artifact back before the dump is complete. A verification fills it in later at no extra cost. */
  imageDigest?: boolean | null | undefined;
  /** Which machines. */
  machines?: MachineSelection | null | undefined;
  /** The longest that a machine may be expected to stand still, in milliseconds: beyond it the dump is refused with PAUSE_TOO_LONG. Default: none for a method that is chosen by name; for AUTO the server’s MAX_PAUSE (30 s where it is not set), above which this cannot go. */
  maxPauseMs?: number | null | undefined;
  /** How to capture. */
  method?: MethodChoice;
  /**
   * Names, numeric ids or UUIDs, 1 to 1000; one that is named twice is dumped once.
   * @deprecated Use machines: { names: […] }.
   */
  vms?: Array<string> | null | undefined;
};

/** State of a volume. */
export type VolumeState =
  /** A disk of a machine. */
  | 'ATTACHED'
  /** On its way to a machine. */
  | 'ATTACHING'
  /** There, and attached to no machine. */
  | 'AVAILABLE'
  /** Being made; it is not there for sure. */
  | 'CREATING'
  /** Being deleted, with its bytes. */
  | 'DELETING'
  /** Being taken from its machine. */
  | 'DETACHING';

export type CliUnwantedArtifactsQueryVariables = Exact<{ [key: string]: never; }>;


export type CliUnwantedArtifactsQuery = { service: { unwantedArtifacts: { count: number, sizeBytes: number, locations: Array<string> } | null } };

export type CliRemoveUnwantedArtifactsMutationVariables = Exact<{ [key: string]: never; }>;


export type CliRemoveUnwantedArtifactsMutation = { removeUnwantedArtifacts: { removed: { count: number, sizeBytes: number, locations: Array<string> }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliDoctorQueryVariables = Exact<{ [key: string]: never; }>;


export type CliDoctorQuery = { session: { name: string, role: Role, tokenRequired: boolean }, service: { version: string, host: string, startedAt: string, maxParallelDumps: number, databaseDamage: string | null, reindexAdvised: boolean, hypervisor: { kind: HypervisorKind, state: HypervisorState, uri: string, version: string | null, since: string, reason: string | null, mend: string | null }, storage: { location: string, freeBytes: number | null, totalBytes: number | null, warning: string | null }, unwantedArtifacts: { count: number, sizeBytes: number, locations: Array<string> } | null, influx: { url: string, database: string, lacksRecords: boolean, state: OutboxState, waiting: number, waitingSince: string | null, dead: number, overflowed: number, reason: string | null, mend: string | null, lastAcceptedAt: string | null } | null, operationCounts: Array<{ kind: OperationKind, state: OperationState, count: number }> } };

export type CliForecastsQueryVariables = Exact<{ [key: string]: never; }>;


export type CliForecastsQuery = { vms: Array<{ name: string, captureOptions: { automatic: CaptureMethod | null, automaticReason: string, expectedSizeBytes: number, enoughSpace: boolean, blockers: Array<{ method: CaptureMethod, code: ErrorCode, reason: string }> } }> };

export type CliDumpsQueryVariables = Exact<{
  states?: Array<OperationState> | OperationState | null | undefined;
  vm?: string | null | undefined;
  first: number;
}>;


export type CliDumpsQuery = { dumps: { nodes: Array<{ id: string, vmName: string, state: OperationState, phase: string | null, message: string, createdAt: string, finishedAt: string | null, actor: string, method: CaptureMethod | null, durationSec: number | null, guestPauseMs: number | null, sizeBytes: number | null, sha256: string | null, dumpPath: string | null, demo: boolean, error: { code: ErrorCode, message: string } | null }> } };

export type CliDumpQueryVariables = Exact<{
  id: string | number;
}>;


export type CliDumpQuery = { dump: { id: string, vmName: string, machineId: string, vmid: string | null, host: string, state: OperationState, phase: string | null, message: string, actor: string, createdAt: string, startedAt: string | null, finishedAt: string | null, method: CaptureMethod | null, methodReason: string | null, format: ImageFormat, compression: Compression, durationSec: number | null, guestPauseMs: number | null, sizeBytes: number | null, rawSizeBytes: number | null, sha256: string | null, imageSha256: string | null, plannedPath: string, dumpPath: string | null, demo: boolean, error: { code: ErrorCode, message: string, hint: string } | null, verification: { state: OperationState, finishedAt: string | null, message: string } | null, events: Array<{ seq: number, at: string, type: OperationEventType, state: OperationState | null, phase: string | null, message: string }> | null } | null };

export type CliCancelDumpMutationVariables = Exact<{
  id: string | number;
}>;


export type CliCancelDumpMutation = { cancelDump: { dump: { id: string, state: OperationState, cancelRequested: boolean }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliDeleteDumpMutationVariables = Exact<{
  id: string | number;
}>;


export type CliDeleteDumpMutation = { deleteDump: { errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliStatsQueryVariables = Exact<{ [key: string]: never; }>;


export type CliStatsQuery = { dumpStats: { totalDumps: number | null, totalVms: number | null, totalSizeBytes: number | null, avgDurationSec: number | null, lastDump: string | null, source: RecordSource, warnings: Array<string>, days: Array<{ day: string, dumps: number, sizeBytes: number }> } };

export type CliAuditQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type CliAuditQuery = { auditLog: { nodes: Array<{ seq: number, at: string, actor: string, action: string, details: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CliNamesQueryVariables = Exact<{ [key: string]: never; }>;


export type CliNamesQuery = { vms: Array<{ name: string }> };

export type CliTriggerMutationVariables = Exact<{
  input: TriggerDumpsInput;
}>;


export type CliTriggerMutation = { triggerDumps: { accepted: Array<{ id: string, vmName: string, state: OperationState }>, rejected: Array<{ vm: string, code: ErrorCode, message: string, hint: string, activeDump: { id: string } | null }>, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliProgressSubscriptionVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type CliProgressSubscription = { dumpProgress: { id: string, vmName: string, state: OperationState, phase: string | null, message: string, final: boolean, guestPauseMs: number | null, progress: { percent: number | null, doneBytes: number, totalBytes: number | null, writtenBytes: number | null, bytesPerSecond: number | null, secondsLeft: number | null } | null, error: { code: ErrorCode, message: string, hint: string } | null, dump: { method: CaptureMethod | null, sizeBytes: number | null, sha256: string | null, dumpPath: string | null, durationSec: number | null } } };

export type CliVerifyMutationVariables = Exact<{
  id: string | number;
}>;


export type CliVerifyMutation = { verifyDump: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliVerificationSubscriptionVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type CliVerificationSubscription = { operationProgress: { id: string, state: OperationState, phase: string | null, message: string, final: boolean, progress: { percent: number | null, doneBytes: number, totalBytes: number | null, writtenBytes: number | null, bytesPerSecond: number | null, secondsLeft: number | null } | null, operation:
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
     } };

export type CliEventCursorQueryVariables = Exact<{ [key: string]: never; }>;


export type CliEventCursorQuery = { service: { eventCursor: string } };

export type CliEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
}>;


export type CliEventsSubscription = { operationEvents: { cursor: string, seq: number, type: OperationEventType, at: string, operationId: string | null, kind: OperationKind | null, subject: string | null, state: OperationState | null, phase: string | null, message: string, operation:
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
      | { dump: { vmName: string, sha256: string | null, dumpPath: string | null, error: { code: ErrorCode, message: string } | null } | null }
     | null } };

export type CliHeapTargetsQueryVariables = Exact<{
  kind?: HeapTargetKind | null | undefined;
  namespace?: string | null | undefined;
  pod?: string | null | undefined;
  container?: string | null | undefined;
  selector?: string | null | undefined;
}>;


export type CliHeapTargetsQuery = { heapTargets: { targets: Array<{ id: string, name: string, pid: number, nodeVersion: string | null, command: string, container: string | null, obstacle: string | null }>, unreachable: Array<{ kind: string, reason: string }> } };

export type CliHeapOptionsQueryVariables = Exact<{
  target: string;
}>;


export type CliHeapOptionsQuery = { heapOptions: { expectedStallMs: number, enough: boolean, warnings: Array<string>, target: { id: string, name: string }, memory: { usedHeapBytes: number, rssBytes: number, externalBytes: number }, threads: Array<{ id: string, title: string }> } };

export type CliCaptureHeapMutationVariables = Exact<{
  input: CaptureHeapInput;
}>;


export type CliCaptureHeapMutation = { captureHeap: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliCancelHeapCaptureMutationVariables = Exact<{
  id: string | number;
}>;


export type CliCancelHeapCaptureMutation = { cancelHeapCapture: { errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliHeapCapturedQueryVariables = Exact<{
  id: string | number;
}>;


export type CliHeapCapturedQuery = { operation:
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { service: string, comparedBy: string | null, comparedByReason: string | null, state: OperationState, message: string, captures: Array<{ id: string, takenAt: string, stallMs: number | null, usedHeapBytes: number | null, rssBytes: number | null, sizeBytes: number, rawSizeBytes: number, location: string }>, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
   | null };

export type CliHeapPairsQueryVariables = Exact<{
  service?: string | null | undefined;
}>;


export type CliHeapPairsQuery = { heapPairs: Array<{ id: string, service: string, captures: Array<{ id: string, takenAt: string, usedHeapBytes: number | null, rawSizeBytes: number }> }> | null };

export type CliHeapDiffQueryVariables = Exact<{
  before: string | number;
  after: string | number;
  first: number;
  search?: string | null | undefined;
}>;


export type CliHeapDiffQuery = { heapDiff: { comparedBy: string, beforeBytes: number, afterBytes: number, suspects: Array<{ sentence: string, name: string, count: number, bytes: number, holder: string, path: Array<{ edge: string, name: string }> }>, classes: Array<{ name: string, script: string | null, line: number | null, beforeCount: number, afterCount: number, newCount: number, goneCount: number, deltaBytes: number, retainedBytes: number }> } };

export type CliMachinesQueryVariables = Exact<{
  state?: MachineState | null | undefined;
  search?: string | null | undefined;
}>;


export type CliMachinesQuery = { vms: Array<{ id: string, name: string, vmid: string | null, state: MachineState, memoryBytes: number, vcpus: number, demo: boolean, activeDump: { id: string, state: OperationState } | null, lastRecord: { time: string } | null }> };

export type CliHookFragment = { id: string, name: string, type: HookType, url: string | null, to: Array<string>, kinds: Array<NotificationKind>, machinePattern: string | null, minSeverity: NotificationSeverity, enabled: boolean, disabledReason: string | null, createdAt: string, createdBy: string, pending: number, dead: number };

export type CliDeliveryFragment = { id: string, hookId: string, notificationId: string, type: string, message: string, state: DeliveryState, attempts: number, nextAttemptAt: string | null, lastStatus: number | null, lastError: string | null, createdAt: string, endedAt: string | null };

export type CliHooksQueryVariables = Exact<{ [key: string]: never; }>;


export type CliHooksQuery = { hooks: Array<{ id: string, name: string, type: HookType, url: string | null, to: Array<string>, kinds: Array<NotificationKind>, machinePattern: string | null, minSeverity: NotificationSeverity, enabled: boolean, disabledReason: string | null, createdAt: string, createdBy: string, pending: number, dead: number }> };

export type CliDeliveriesQueryVariables = Exact<{
  first?: number | null | undefined;
  hookId?: string | number | null | undefined;
  states?: Array<DeliveryState> | DeliveryState | null | undefined;
}>;


export type CliDeliveriesQuery = { deliveries: { nodes: Array<{ id: string, hookId: string, notificationId: string, type: string, message: string, state: DeliveryState, attempts: number, nextAttemptAt: string | null, lastStatus: number | null, lastError: string | null, createdAt: string, endedAt: string | null }> } };

export type CliAlertsQueryVariables = Exact<{
  active: boolean;
}>;


export type CliAlertsQuery = { alerts: Array<{ id: string, kind: AlertKind, machine: string | null, message: string, raisedAt: string, clearedAt: string | null }> };

export type CliCreateHookMutationVariables = Exact<{
  input: HookInput;
}>;


export type CliCreateHookMutation = { createHook: { secret: string, hook: { id: string, name: string, type: HookType, url: string | null, to: Array<string>, kinds: Array<NotificationKind>, machinePattern: string | null, minSeverity: NotificationSeverity, enabled: boolean, disabledReason: string | null, createdAt: string, createdBy: string, pending: number, dead: number }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliSetHookEnabledMutationVariables = Exact<{
  id: string | number;
  enabled: boolean;
}>;


export type CliSetHookEnabledMutation = { setHookEnabled: { hook: { id: string, name: string, type: HookType, url: string | null, to: Array<string>, kinds: Array<NotificationKind>, machinePattern: string | null, minSeverity: NotificationSeverity, enabled: boolean, disabledReason: string | null, createdAt: string, createdBy: string, pending: number, dead: number }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliDeleteHookMutationVariables = Exact<{
  id: string | number;
}>;


export type CliDeleteHookMutation = { deleteHook: { hook: { id: string, name: string, type: HookType, url: string | null, to: Array<string>, kinds: Array<NotificationKind>, machinePattern: string | null, minSeverity: NotificationSeverity, enabled: boolean, disabledReason: string | null, createdAt: string, createdBy: string, pending: number, dead: number }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliRotateHookSecretMutationVariables = Exact<{
  id: string | number;
}>;


export type CliRotateHookSecretMutation = { rotateHookSecret: { secret: string, hook: { id: string, name: string, type: HookType, url: string | null, to: Array<string>, kinds: Array<NotificationKind>, machinePattern: string | null, minSeverity: NotificationSeverity, enabled: boolean, disabledReason: string | null, createdAt: string, createdBy: string, pending: number, dead: number }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliTestHookMutationVariables = Exact<{
  id: string | number;
}>;


export type CliTestHookMutation = { testHook: { delivery: { id: string, hookId: string, notificationId: string, type: string, message: string, state: DeliveryState, attempts: number, nextAttemptAt: string | null, lastStatus: number | null, lastError: string | null, createdAt: string, endedAt: string | null }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliResendDeliveryMutationVariables = Exact<{
  id: string | number;
}>;


export type CliResendDeliveryMutation = { resendDelivery: { delivery: { id: string, hookId: string, notificationId: string, type: string, message: string, state: DeliveryState, attempts: number, nextAttemptAt: string | null, lastStatus: number | null, lastError: string | null, createdAt: string, endedAt: string | null }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliRecordsQueryVariables = Exact<{
  filter?: DumpRecordFilter | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type CliRecordsQuery = { dumpRecords: { totalCount: number | null, source: RecordSource, warnings: Array<string>, nodes: Array<{ id: string, time: string, dom: string, vmid: string, machineId: string, host: string, state: RecordState, sha256: string, imageSha256: string | null, durationSec: number, gzipSizeBytes: number, rawSizeBytes: number, ctime: number, mtime: number, atime: number, dumpPath: string, format: string, compression: string, method: string, guestPauseMs: number | null, demo: boolean }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CliRecordsSyncMutationVariables = Exact<{
  dryRun: boolean;
}>;


export type CliRecordsSyncMutation = { syncRecords: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliSynchronisationSubscriptionVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type CliSynchronisationSubscription = { operationProgress: { id: string, state: OperationState, phase: string | null, message: string, final: boolean, progress: { percent: number | null, bytesPerSecond: number | null, secondsLeft: number | null } | null, operation:
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { summary: { dryRun: boolean, records: number, points: number, written: number, corrected: number, imported: number, elsewhere: number, kept: number, refused: number, refusal: string | null } | null, error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
      | { error: { code: ErrorCode, message: string, hint: string } | null }
     } };

export type CliReindexMutationVariables = Exact<{ [key: string]: never; }>;


export type CliReindexMutation = { reindex: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliReindexReportQueryVariables = Exact<{
  id: string | number;
}>;


export type CliReindexReportQuery = { operation:
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, report: { found: number, added: number, known: number, broken: number, faults: Array<{ location: string, reason: string }> } | null, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
   | null };

export type CliRetentionPreviewQueryVariables = Exact<{ [key: string]: never; }>;


export type CliRetentionPreviewQuery = { retentionPreview: { goingCount: number, goingBytes: number, stayingCount: number, stayingBytes: number, fingerprint: string, warning: string | null, going: Array<{ kind: ArtifactKind, id: string, machineName: string, createdAt: string, sizeBytes: number, reasons: Array<RetentionReason> }> } };

export type CliRunRetentionMutationVariables = Exact<{
  fingerprint?: string | null | undefined;
}>;


export type CliRunRetentionMutation = { payload: { run: { removed: number, freedBytes: number, failed: number, warning: string | null }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliHoldMutationVariables = Exact<{
  kind: ArtifactKind;
  id: string | number;
  reason: string;
}>;


export type CliHoldMutation = { payload: { hold: { kind: ArtifactKind, id: string, reason: string, actor: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliReleaseMutationVariables = Exact<{
  kind: ArtifactKind;
  id: string | number;
}>;


export type CliReleaseMutation = { payload: { hold: { kind: ArtifactKind, id: string, reason: string, actor: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliScheduleFragment = { id: string, name: string, paused: boolean, missed: MissedPolicy, nextDueTimes: Array<string>, timing: { cron: { expression: string, timeZone: string } | null, every: { seconds: number } | null }, machines: { all: boolean, names: Array<string> | null, pattern: string | null, label: string | null } };

export type CliSchedulesQueryVariables = Exact<{ [key: string]: never; }>;


export type CliSchedulesQuery = { schedules: Array<{ id: string, name: string, paused: boolean, missed: MissedPolicy, nextDueTimes: Array<string>, timing: { cron: { expression: string, timeZone: string } | null, every: { seconds: number } | null }, machines: { all: boolean, names: Array<string> | null, pattern: string | null, label: string | null } }> };

export type CliScheduleDueTimesQueryVariables = Exact<{
  timing: ScheduleTimingInput;
}>;


export type CliScheduleDueTimesQuery = { scheduleDueTimes: Array<string> };

export type CliCreateScheduleMutationVariables = Exact<{
  input: ScheduleInput;
}>;


export type CliCreateScheduleMutation = { payload: { schedule: { id: string, name: string, paused: boolean, missed: MissedPolicy, nextDueTimes: Array<string>, timing: { cron: { expression: string, timeZone: string } | null, every: { seconds: number } | null }, machines: { all: boolean, names: Array<string> | null, pattern: string | null, label: string | null } }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliPauseScheduleMutationVariables = Exact<{
  id: string | number;
}>;


export type CliPauseScheduleMutation = { payload: { schedule: { id: string, name: string, paused: boolean, missed: MissedPolicy, nextDueTimes: Array<string>, timing: { cron: { expression: string, timeZone: string } | null, every: { seconds: number } | null }, machines: { all: boolean, names: Array<string> | null, pattern: string | null, label: string | null } }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliResumeScheduleMutationVariables = Exact<{
  id: string | number;
}>;


export type CliResumeScheduleMutation = { payload: { schedule: { id: string, name: string, paused: boolean, missed: MissedPolicy, nextDueTimes: Array<string>, timing: { cron: { expression: string, timeZone: string } | null, every: { seconds: number } | null }, machines: { all: boolean, names: Array<string> | null, pattern: string | null, label: string | null } }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliDeleteScheduleMutationVariables = Exact<{
  id: string | number;
}>;


export type CliDeleteScheduleMutation = { payload: { schedule: { id: string, name: string, paused: boolean, missed: MissedPolicy, nextDueTimes: Array<string>, timing: { cron: { expression: string, timeZone: string } | null, every: { seconds: number } | null }, machines: { all: boolean, names: Array<string> | null, pattern: string | null, label: string | null } }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliSessionQueryVariables = Exact<{ [key: string]: never; }>;


export type CliSessionQuery = { session: { name: string, role: Role, tokenRequired: boolean } };

export type CliTokensQueryVariables = Exact<{ [key: string]: never; }>;


export type CliTokensQuery = { tokens: Array<{ id: string, name: string, role: Role, createdAt: string, createdBy: string, expiresAt: string | null, lastUsedAt: string | null, revokedAt: string | null }> };

export type CliCreateTokenMutationVariables = Exact<{
  input: CreateTokenInput;
}>;


export type CliCreateTokenMutation = { createToken: { secret: string, token: { id: string, name: string, role: Role, expiresAt: string | null }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliRevokeTokenMutationVariables = Exact<{
  id: string | number;
}>;


export type CliRevokeTokenMutation = { revokeToken: { token: { id: string, name: string, revokedAt: string | null }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliVolumeProblemFragment = { code: ErrorCode, message: string, hint: string };

export type CliVolumeDeviceFieldsFragment = { path: string, rdev: string, diskseq: number | null, sizeBytes: number, verifiedAt: string };

export type CliVolumeStartedFragment = { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> };

export type CliVolumesQueryVariables = Exact<{
  state?: VolumeState | null | undefined;
  vm?: string | null | undefined;
}>;


export type CliVolumesQuery = { volumes: Array<{ id: string, name: string, provider: string, state: VolumeState, sizeBytes: number, serial: string | null, attachment: { machineId: string, machineName: string } | null, device: { path: string, rdev: string, diskseq: number | null, sizeBytes: number, verifiedAt: string } | null, export: { name: string, uri: string, writable: boolean } | null, problem: { code: ErrorCode, message: string, hint: string } | null }> };

export type CliVolumeDeviceQueryVariables = Exact<{
  volume: string;
}>;


export type CliVolumeDeviceQuery = { volumeDevice: { path: string, rdev: string, diskseq: number | null, sizeBytes: number, verifiedAt: string } };

export type CliCreateVolumeMutationVariables = Exact<{
  input: CreateVolumeInput;
}>;


export type CliCreateVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliAttachVolumeMutationVariables = Exact<{
  volume: string;
  vm: string;
}>;


export type CliAttachVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliDetachVolumeMutationVariables = Exact<{
  volume: string;
  vm?: string | null | undefined;
}>;


export type CliDetachVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliResizeVolumeMutationVariables = Exact<{
  volume: string;
  sizeBytes: number;
}>;


export type CliResizeVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliDeleteVolumeMutationVariables = Exact<{
  volume: string;
}>;


export type CliDeleteVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliExportVolumeMutationVariables = Exact<{
  volume: string;
  writable: boolean;
}>;


export type CliExportVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliUnexportVolumeMutationVariables = Exact<{
  volume: string;
}>;


export type CliUnexportVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliReconcileVolumesMutationVariables = Exact<{ [key: string]: never; }>;


export type CliReconcileVolumesMutation = { reconcileVolumes: { report: { volumes: number, repaired: Array<string>, problems: Array<string>, failure: string | null, orphans: Array<{ id: string, providerId: string, sizeBytes: number }> }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliVolumeOperationQueryVariables = Exact<{
  id: string | number;
}>;


export type CliVolumeOperationQuery = { operation:
    | { id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
    | { volumeId: string | null, volumeName: string | null, devicePath: string | null, exportUri: string | null, id: string, state: OperationState, message: string, error: { code: ErrorCode, message: string, hint: string } | null }
   | null };

export type CliFormatVolumeMutationVariables = Exact<{
  volume: string;
  confirm: string;
}>;


export type CliFormatVolumeMutation = { payload: { operation: { id: string }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export type CliImportVolumesMutationVariables = Exact<{
  tables: string;
}>;


export type CliImportVolumesMutation = { importVolumes: { report: { imported: Array<string>, unchanged: number, conflicts: Array<string> }, errors: Array<{ code: ErrorCode, message: string, hint: string }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const CliHookFragmentDoc = new TypedDocumentString(`
    fragment CliHook on Hook {
  id
  name
  type
  url
  to
  kinds
  machinePattern
  minSeverity
  enabled
  disabledReason
  createdAt
  createdBy
  pending
  dead
}
    `, {"fragmentName":"CliHook"}) as unknown as TypedDocumentString<CliHookFragment, unknown>;
export const CliDeliveryFragmentDoc = new TypedDocumentString(`
    fragment CliDelivery on Delivery {
  id
  hookId
  notificationId
  type
  message
  state
  attempts
  nextAttemptAt
  lastStatus
  lastError
  createdAt
  endedAt
}
    `, {"fragmentName":"CliDelivery"}) as unknown as TypedDocumentString<CliDeliveryFragment, unknown>;
export const CliScheduleFragmentDoc = new TypedDocumentString(`
    fragment CliSchedule on Schedule {
  id
  name
  paused
  timing {
    cron {
      expression
      timeZone
    }
    every {
      seconds
    }
  }
  machines {
    all
    names
    pattern
    label
  }
  missed
  nextDueTimes(first: 1)
}
    `, {"fragmentName":"CliSchedule"}) as unknown as TypedDocumentString<CliScheduleFragment, unknown>;
export const CliVolumeProblemFragmentDoc = new TypedDocumentString(`
    fragment CliVolumeProblem on OperationError {
  code
  message
  hint
}
    `, {"fragmentName":"CliVolumeProblem"}) as unknown as TypedDocumentString<CliVolumeProblemFragment, unknown>;
export const CliVolumeDeviceFieldsFragmentDoc = new TypedDocumentString(`
    fragment CliVolumeDeviceFields on VolumeDevice {
  path
  rdev
  diskseq
  sizeBytes
  verifiedAt
}
    `, {"fragmentName":"CliVolumeDeviceFields"}) as unknown as TypedDocumentString<CliVolumeDeviceFieldsFragment, unknown>;
export const CliVolumeStartedFragmentDoc = new TypedDocumentString(`
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}
    `, {"fragmentName":"CliVolumeStarted"}) as unknown as TypedDocumentString<CliVolumeStartedFragment, unknown>;
export const CliUnwantedArtifactsDocument = new TypedDocumentString(`
    query CliUnwantedArtifacts {
  service {
    unwantedArtifacts {
      count
      sizeBytes
      locations
    }
  }
}
    `) as unknown as TypedDocumentString<CliUnwantedArtifactsQuery, CliUnwantedArtifactsQueryVariables>;
export const CliRemoveUnwantedArtifactsDocument = new TypedDocumentString(`
    mutation CliRemoveUnwantedArtifacts {
  removeUnwantedArtifacts {
    removed {
      count
      sizeBytes
      locations
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliRemoveUnwantedArtifactsMutation, CliRemoveUnwantedArtifactsMutationVariables>;
export const CliDoctorDocument = new TypedDocumentString(`
    query CliDoctor {
  session {
    name
    role
    tokenRequired
  }
  service {
    version
    host
    startedAt
    maxParallelDumps
    databaseDamage
    reindexAdvised
    hypervisor {
      kind
      state
      uri
      version
      since
      reason
      mend
    }
    storage {
      location
      freeBytes
      totalBytes
      warning
    }
    unwantedArtifacts {
      count
      sizeBytes
      locations
    }
    influx {
      url
      database
      lacksRecords
      state
      waiting
      waitingSince
      dead
      overflowed
      reason
      mend
      lastAcceptedAt
    }
    operationCounts {
      kind
      state
      count
    }
  }
}
    `) as unknown as TypedDocumentString<CliDoctorQuery, CliDoctorQueryVariables>;
export const CliForecastsDocument = new TypedDocumentString(`
    query CliForecasts {
  vms(state: RUNNING) {
    name
    captureOptions {
      automatic
      automaticReason
      expectedSizeBytes
      enoughSpace
      blockers {
        method
        code
        reason
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CliForecastsQuery, CliForecastsQueryVariables>;
export const CliDumpsDocument = new TypedDocumentString(`
    query CliDumps($states: [OperationState!], $vm: String, $first: Int!) {
  dumps(states: $states, vm: $vm, first: $first) {
    nodes {
      id
      vmName
      state
      phase
      message
      createdAt
      finishedAt
      actor
      method
      durationSec
      guestPauseMs
      sizeBytes
      sha256
      dumpPath
      demo
      error {
        code
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CliDumpsQuery, CliDumpsQueryVariables>;
export const CliDumpDocument = new TypedDocumentString(`
    query CliDump($id: ID!) {
  dump(id: $id) {
    id
    vmName
    machineId
    vmid
    host
    state
    phase
    message
    actor
    createdAt
    startedAt
    finishedAt
    method
    methodReason
    format
    compression
    durationSec
    guestPauseMs
    sizeBytes
    rawSizeBytes
    sha256
    imageSha256
    plannedPath
    dumpPath
    demo
    error {
      code
      message
      hint
    }
    verification {
      state
      finishedAt
      message
    }
    events {
      seq
      at
      type
      state
      phase
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CliDumpQuery, CliDumpQueryVariables>;
export const CliCancelDumpDocument = new TypedDocumentString(`
    mutation CliCancelDump($id: ID!) {
  cancelDump(id: $id) {
    dump {
      id
      state
      cancelRequested
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliCancelDumpMutation, CliCancelDumpMutationVariables>;
export const CliDeleteDumpDocument = new TypedDocumentString(`
    mutation CliDeleteDump($id: ID!) {
  deleteDump(id: $id) {
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliDeleteDumpMutation, CliDeleteDumpMutationVariables>;
export const CliStatsDocument = new TypedDocumentString(`
    query CliStats {
  dumpStats {
    totalDumps
    totalVms
    totalSizeBytes
    avgDurationSec
    lastDump
    source
    warnings
    days {
      day
      dumps
      sizeBytes
    }
  }
}
    `) as unknown as TypedDocumentString<CliStatsQuery, CliStatsQueryVariables>;
export const CliAuditDocument = new TypedDocumentString(`
    query CliAudit($first: Int!, $after: String) {
  auditLog(first: $first, after: $after) {
    nodes {
      seq
      at
      actor
      action
      details
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<CliAuditQuery, CliAuditQueryVariables>;
export const CliNamesDocument = new TypedDocumentString(`
    query CliNames {
  vms {
    name
  }
}
    `) as unknown as TypedDocumentString<CliNamesQuery, CliNamesQueryVariables>;
export const CliTriggerDocument = new TypedDocumentString(`
    mutation CliTrigger($input: TriggerDumpsInput!) {
  triggerDumps(input: $input) {
    accepted {
      id
      vmName
      state
    }
    rejected {
      vm
      code
      message
      hint
      activeDump {
        id
      }
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliTriggerMutation, CliTriggerMutationVariables>;
export const CliProgressDocument = new TypedDocumentString(`
    subscription CliProgress($ids: [ID!]!) {
  dumpProgress(ids: $ids) {
    id
    vmName
    state
    phase
    message
    final
    guestPauseMs
    progress {
      percent
      doneBytes
      totalBytes
      writtenBytes
      bytesPerSecond
      secondsLeft
    }
    error {
      code
      message
      hint
    }
    dump {
      method
      sizeBytes
      sha256
      dumpPath
      durationSec
    }
  }
}
    `) as unknown as TypedDocumentString<CliProgressSubscription, CliProgressSubscriptionVariables>;
export const CliVerifyDocument = new TypedDocumentString(`
    mutation CliVerify($id: ID!) {
  verifyDump(id: $id) {
    operation {
      id
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliVerifyMutation, CliVerifyMutationVariables>;
export const CliVerificationDocument = new TypedDocumentString(`
    subscription CliVerification($ids: [ID!]!) {
  operationProgress(ids: $ids) {
    id
    state
    phase
    message
    final
    progress {
      percent
      doneBytes
      totalBytes
      writtenBytes
      bytesPerSecond
      secondsLeft
    }
    operation {
      error {
        code
        message
        hint
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CliVerificationSubscription, CliVerificationSubscriptionVariables>;
export const CliEventCursorDocument = new TypedDocumentString(`
    query CliEventCursor {
  service {
    eventCursor
  }
}
    `) as unknown as TypedDocumentString<CliEventCursorQuery, CliEventCursorQueryVariables>;
export const CliEventsDocument = new TypedDocumentString(`
    subscription CliEvents($after: String) {
  operationEvents(after: $after) {
    cursor
    seq
    type
    at
    operationId
    kind
    subject
    state
    phase
    message
    operation {
      dump {
        vmName
        sha256
        dumpPath
        error {
          code
          message
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CliEventsSubscription, CliEventsSubscriptionVariables>;
export const CliHeapTargetsDocument = new TypedDocumentString(`
    query CliHeapTargets($kind: HeapTargetKind, $namespace: String, $pod: String, $container: String, $selector: String) {
  heapTargets(
    kind: $kind
    namespace: $namespace
    pod: $pod
    container: $container
    selector: $selector
  ) {
    targets {
      id
      name
      pid
      nodeVersion
      command
      container
      obstacle
    }
    unreachable {
      kind
      reason
    }
  }
}
    `) as unknown as TypedDocumentString<CliHeapTargetsQuery, CliHeapTargetsQueryVariables>;
export const CliHeapOptionsDocument = new TypedDocumentString(`
    query CliHeapOptions($target: String!) {
  heapOptions(target: $target) {
    target {
      id
      name
    }
    memory {
      usedHeapBytes
      rssBytes
      externalBytes
    }
    threads {
      id
      title
    }
    expectedStallMs
    enough
    warnings
  }
}
    `) as unknown as TypedDocumentString<CliHeapOptionsQuery, CliHeapOptionsQueryVariables>;
export const CliCaptureHeapDocument = new TypedDocumentString(`
    mutation CliCaptureHeap($input: CaptureHeapInput!) {
  captureHeap(input: $input) {
    operation {
      id
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliCaptureHeapMutation, CliCaptureHeapMutationVariables>;
export const CliCancelHeapCaptureDocument = new TypedDocumentString(`
    mutation CliCancelHeapCapture($id: ID!) {
  cancelHeapCapture(id: $id) {
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliCancelHeapCaptureMutation, CliCancelHeapCaptureMutationVariables>;
export const CliHeapCapturedDocument = new TypedDocumentString(`
    query CliHeapCaptured($id: ID!) {
  operation(id: $id) {
    state
    message
    error {
      code
      message
      hint
    }
    ... on HeapCapture {
      service
      comparedBy
      comparedByReason
      captures {
        id
        takenAt
        stallMs
        usedHeapBytes
        rssBytes
        sizeBytes
        rawSizeBytes
        location
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CliHeapCapturedQuery, CliHeapCapturedQueryVariables>;
export const CliHeapPairsDocument = new TypedDocumentString(`
    query CliHeapPairs($service: String) {
  heapPairs(service: $service, first: 50) {
    id
    service
    captures {
      id
      takenAt
      usedHeapBytes
      rawSizeBytes
    }
  }
}
    `) as unknown as TypedDocumentString<CliHeapPairsQuery, CliHeapPairsQueryVariables>;
export const CliHeapDiffDocument = new TypedDocumentString(`
    query CliHeapDiff($before: ID!, $after: ID!, $first: Int!, $search: String) {
  heapDiff(before: $before, after: $after) {
    comparedBy
    beforeBytes
    afterBytes
    suspects {
      sentence
      name
      count
      bytes
      holder
      path {
        edge
        name
      }
    }
    classes(first: $first, search: $search) {
      name
      script
      line
      beforeCount
      afterCount
      newCount
      goneCount
      deltaBytes
      retainedBytes
    }
  }
}
    `) as unknown as TypedDocumentString<CliHeapDiffQuery, CliHeapDiffQueryVariables>;
export const CliMachinesDocument = new TypedDocumentString(`
    query CliMachines($state: MachineState, $search: String) {
  vms(state: $state, search: $search) {
    id
    name
    vmid
    state
    memoryBytes
    vcpus
    demo
    activeDump {
      id
      state
    }
    lastRecord {
      time
    }
  }
}
    `) as unknown as TypedDocumentString<CliMachinesQuery, CliMachinesQueryVariables>;
export const CliHooksDocument = new TypedDocumentString(`
    query CliHooks {
  hooks {
    ...CliHook
  }
}
    fragment CliHook on Hook {
  id
  name
  type
  url
  to
  kinds
  machinePattern
  minSeverity
  enabled
  disabledReason
  createdAt
  createdBy
  pending
  dead
}`) as unknown as TypedDocumentString<CliHooksQuery, CliHooksQueryVariables>;
export const CliDeliveriesDocument = new TypedDocumentString(`
    query CliDeliveries($first: Int, $hookId: ID, $states: [DeliveryState!]) {
  deliveries(first: $first, hookId: $hookId, states: $states) {
    nodes {
      ...CliDelivery
    }
  }
}
    fragment CliDelivery on Delivery {
  id
  hookId
  notificationId
  type
  message
  state
  attempts
  nextAttemptAt
  lastStatus
  lastError
  createdAt
  endedAt
}`) as unknown as TypedDocumentString<CliDeliveriesQuery, CliDeliveriesQueryVariables>;
export const CliAlertsDocument = new TypedDocumentString(`
    query CliAlerts($active: Boolean!) {
  alerts(active: $active) {
    id
    kind
    machine
    message
    raisedAt
    clearedAt
  }
}
    `) as unknown as TypedDocumentString<CliAlertsQuery, CliAlertsQueryVariables>;
export const CliCreateHookDocument = new TypedDocumentString(`
    mutation CliCreateHook($input: HookInput!) {
  createHook(input: $input) {
    hook {
      ...CliHook
    }
    secret
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliHook on Hook {
  id
  name
  type
  url
  to
  kinds
  machinePattern
  minSeverity
  enabled
  disabledReason
  createdAt
  createdBy
  pending
  dead
}`) as unknown as TypedDocumentString<CliCreateHookMutation, CliCreateHookMutationVariables>;
export const CliSetHookEnabledDocument = new TypedDocumentString(`
    mutation CliSetHookEnabled($id: ID!, $enabled: Boolean!) {
  setHookEnabled(id: $id, enabled: $enabled) {
    hook {
      ...CliHook
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliHook on Hook {
  id
  name
  type
  url
  to
  kinds
  machinePattern
  minSeverity
  enabled
  disabledReason
  createdAt
  createdBy
  pending
  dead
}`) as unknown as TypedDocumentString<CliSetHookEnabledMutation, CliSetHookEnabledMutationVariables>;
export const CliDeleteHookDocument = new TypedDocumentString(`
    mutation CliDeleteHook($id: ID!) {
  deleteHook(id: $id) {
    hook {
      ...CliHook
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliHook on Hook {
  id
  name
  type
  url
  to
  kinds
  machinePattern
  minSeverity
  enabled
  disabledReason
  createdAt
  createdBy
  pending
  dead
}`) as unknown as TypedDocumentString<CliDeleteHookMutation, CliDeleteHookMutationVariables>;
export const CliRotateHookSecretDocument = new TypedDocumentString(`
    mutation CliRotateHookSecret($id: ID!) {
  rotateHookSecret(id: $id) {
    hook {
      ...CliHook
    }
    secret
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliHook on Hook {
  id
  name
  type
  url
  to
  kinds
  machinePattern
  minSeverity
  enabled
  disabledReason
  createdAt
  createdBy
  pending
  dead
}`) as unknown as TypedDocumentString<CliRotateHookSecretMutation, CliRotateHookSecretMutationVariables>;
export const CliTestHookDocument = new TypedDocumentString(`
    mutation CliTestHook($id: ID!) {
  testHook(id: $id) {
    delivery {
      ...CliDelivery
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliDelivery on Delivery {
  id
  hookId
  notificationId
  type
  message
  state
  attempts
  nextAttemptAt
  lastStatus
  lastError
  createdAt
  endedAt
}`) as unknown as TypedDocumentString<CliTestHookMutation, CliTestHookMutationVariables>;
export const CliResendDeliveryDocument = new TypedDocumentString(`
    mutation CliResendDelivery($id: ID!) {
  resendDelivery(id: $id) {
    delivery {
      ...CliDelivery
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliDelivery on Delivery {
  id
  hookId
  notificationId
  type
  message
  state
  attempts
  nextAttemptAt
  lastStatus
  lastError
  createdAt
  endedAt
}`) as unknown as TypedDocumentString<CliResendDeliveryMutation, CliResendDeliveryMutationVariables>;
export const CliRecordsDocument = new TypedDocumentString(`
    query CliRecords($filter: DumpRecordFilter, $first: Int!, $after: String) {
  dumpRecords(filter: $filter, first: $first, after: $after) {
    totalCount
    source
    warnings
    nodes {
      id
      time
      dom
      vmid
      machineId
      host
      state
      sha256
      imageSha256
      durationSec
      gzipSizeBytes
      rawSizeBytes
      ctime
      mtime
      atime
      dumpPath
      format
      compression
      method
      guestPauseMs
      demo
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<CliRecordsQuery, CliRecordsQueryVariables>;
export const CliRecordsSyncDocument = new TypedDocumentString(`
    mutation CliRecordsSync($dryRun: Boolean!) {
  syncRecords(dryRun: $dryRun) {
    operation {
      id
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliRecordsSyncMutation, CliRecordsSyncMutationVariables>;
export const CliSynchronisationDocument = new TypedDocumentString(`
    subscription CliSynchronisation($ids: [ID!]!) {
  operationProgress(ids: $ids) {
    id
    state
    phase
    message
    final
    progress {
      percent
      bytesPerSecond
      secondsLeft
    }
    operation {
      error {
        code
        message
        hint
      }
      ... on RecordSync {
        summary {
          dryRun
          records
          points
          written
          corrected
          imported
          elsewhere
          kept
          refused
          refusal
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CliSynchronisationSubscription, CliSynchronisationSubscriptionVariables>;
export const CliReindexDocument = new TypedDocumentString(`
    mutation CliReindex {
  reindex {
    operation {
      id
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliReindexMutation, CliReindexMutationVariables>;
export const CliReindexReportDocument = new TypedDocumentString(`
    query CliReindexReport($id: ID!) {
  operation(id: $id) {
    state
    message
    error {
      code
      message
      hint
    }
    ... on Reindex {
      report {
        found
        added
        known
        broken
        faults {
          location
          reason
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CliReindexReportQuery, CliReindexReportQueryVariables>;
export const CliRetentionPreviewDocument = new TypedDocumentString(`
    query CliRetentionPreview {
  retentionPreview {
    going(first: 1000) {
      kind
      id
      machineName
      createdAt
      sizeBytes
      reasons
    }
    goingCount
    goingBytes
    stayingCount
    stayingBytes
    fingerprint
    warning
  }
}
    `) as unknown as TypedDocumentString<CliRetentionPreviewQuery, CliRetentionPreviewQueryVariables>;
export const CliRunRetentionDocument = new TypedDocumentString(`
    mutation CliRunRetention($fingerprint: String) {
  payload: runRetention(fingerprint: $fingerprint) {
    run {
      removed
      freedBytes
      failed
      warning
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliRunRetentionMutation, CliRunRetentionMutationVariables>;
export const CliHoldDocument = new TypedDocumentString(`
    mutation CliHold($kind: ArtifactKind!, $id: ID!, $reason: String!) {
  payload: holdArtifact(kind: $kind, id: $id, reason: $reason) {
    hold {
      kind
      id
      reason
      actor
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliHoldMutation, CliHoldMutationVariables>;
export const CliReleaseDocument = new TypedDocumentString(`
    mutation CliRelease($kind: ArtifactKind!, $id: ID!) {
  payload: releaseArtifact(kind: $kind, id: $id) {
    hold {
      kind
      id
      reason
      actor
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliReleaseMutation, CliReleaseMutationVariables>;
export const CliSchedulesDocument = new TypedDocumentString(`
    query CliSchedules {
  schedules {
    ...CliSchedule
  }
}
    fragment CliSchedule on Schedule {
  id
  name
  paused
  timing {
    cron {
      expression
      timeZone
    }
    every {
      seconds
    }
  }
  machines {
    all
    names
    pattern
    label
  }
  missed
  nextDueTimes(first: 1)
}`) as unknown as TypedDocumentString<CliSchedulesQuery, CliSchedulesQueryVariables>;
export const CliScheduleDueTimesDocument = new TypedDocumentString(`
    query CliScheduleDueTimes($timing: ScheduleTimingInput!) {
  scheduleDueTimes(timing: $timing)
}
    `) as unknown as TypedDocumentString<CliScheduleDueTimesQuery, CliScheduleDueTimesQueryVariables>;
export const CliCreateScheduleDocument = new TypedDocumentString(`
    mutation CliCreateSchedule($input: ScheduleInput!) {
  payload: createSchedule(input: $input) {
    schedule {
      ...CliSchedule
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliSchedule on Schedule {
  id
  name
  paused
  timing {
    cron {
      expression
      timeZone
    }
    every {
      seconds
    }
  }
  machines {
    all
    names
    pattern
    label
  }
  missed
  nextDueTimes(first: 1)
}`) as unknown as TypedDocumentString<CliCreateScheduleMutation, CliCreateScheduleMutationVariables>;
export const CliPauseScheduleDocument = new TypedDocumentString(`
    mutation CliPauseSchedule($id: ID!) {
  payload: pauseSchedule(id: $id) {
    schedule {
      ...CliSchedule
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliSchedule on Schedule {
  id
  name
  paused
  timing {
    cron {
      expression
      timeZone
    }
    every {
      seconds
    }
  }
  machines {
    all
    names
    pattern
    label
  }
  missed
  nextDueTimes(first: 1)
}`) as unknown as TypedDocumentString<CliPauseScheduleMutation, CliPauseScheduleMutationVariables>;
export const CliResumeScheduleDocument = new TypedDocumentString(`
    mutation CliResumeSchedule($id: ID!) {
  payload: resumeSchedule(id: $id) {
    schedule {
      ...CliSchedule
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliSchedule on Schedule {
  id
  name
  paused
  timing {
    cron {
      expression
      timeZone
    }
    every {
      seconds
    }
  }
  machines {
    all
    names
    pattern
    label
  }
  missed
  nextDueTimes(first: 1)
}`) as unknown as TypedDocumentString<CliResumeScheduleMutation, CliResumeScheduleMutationVariables>;
export const CliDeleteScheduleDocument = new TypedDocumentString(`
    mutation CliDeleteSchedule($id: ID!) {
  payload: deleteSchedule(id: $id) {
    schedule {
      ...CliSchedule
    }
    errors {
      code
      message
      hint
    }
  }
}
    fragment CliSchedule on Schedule {
  id
  name
  paused
  timing {
    cron {
      expression
      timeZone
    }
    every {
      seconds
    }
  }
  machines {
    all
    names
    pattern
    label
  }
  missed
  nextDueTimes(first: 1)
}`) as unknown as TypedDocumentString<CliDeleteScheduleMutation, CliDeleteScheduleMutationVariables>;
export const CliSessionDocument = new TypedDocumentString(`
    query CliSession {
  session {
    name
    role
    tokenRequired
  }
}
    `) as unknown as TypedDocumentString<CliSessionQuery, CliSessionQueryVariables>;
export const CliTokensDocument = new TypedDocumentString(`
    query CliTokens {
  tokens {
    id
    name
    role
    createdAt
    createdBy
    expiresAt
    lastUsedAt
    revokedAt
  }
}
    `) as unknown as TypedDocumentString<CliTokensQuery, CliTokensQueryVariables>;
export const CliCreateTokenDocument = new TypedDocumentString(`
    mutation CliCreateToken($input: CreateTokenInput!) {
  createToken(input: $input) {
    secret
    token {
      id
      name
      role
      expiresAt
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliCreateTokenMutation, CliCreateTokenMutationVariables>;
export const CliRevokeTokenDocument = new TypedDocumentString(`
    mutation CliRevokeToken($id: ID!) {
  revokeToken(id: $id) {
    token {
      id
      name
      revokedAt
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliRevokeTokenMutation, CliRevokeTokenMutationVariables>;
export const CliVolumesDocument = new TypedDocumentString(`
    query CliVolumes($state: VolumeState, $vm: String) {
  volumes(state: $state, vm: $vm) {
    id
    name
    provider
    state
    sizeBytes
    serial
    attachment {
      machineId
      machineName
    }
    device {
      ...CliVolumeDeviceFields
    }
    export {
      name
      uri
      writable
    }
    problem {
      ...CliVolumeProblem
    }
  }
}
    fragment CliVolumeProblem on OperationError {
  code
  message
  hint
}
fragment CliVolumeDeviceFields on VolumeDevice {
  path
  rdev
  diskseq
  sizeBytes
  verifiedAt
}`) as unknown as TypedDocumentString<CliVolumesQuery, CliVolumesQueryVariables>;
export const CliVolumeDeviceDocument = new TypedDocumentString(`
    query CliVolumeDevice($volume: String!) {
  volumeDevice(volume: $volume) {
    ...CliVolumeDeviceFields
  }
}
    fragment CliVolumeDeviceFields on VolumeDevice {
  path
  rdev
  diskseq
  sizeBytes
  verifiedAt
}`) as unknown as TypedDocumentString<CliVolumeDeviceQuery, CliVolumeDeviceQueryVariables>;
export const CliCreateVolumeDocument = new TypedDocumentString(`
    mutation CliCreateVolume($input: CreateVolumeInput!) {
  payload: createVolume(input: $input) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliCreateVolumeMutation, CliCreateVolumeMutationVariables>;
export const CliAttachVolumeDocument = new TypedDocumentString(`
    mutation CliAttachVolume($volume: String!, $vm: String!) {
  payload: attachVolume(volume: $volume, vm: $vm) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliAttachVolumeMutation, CliAttachVolumeMutationVariables>;
export const CliDetachVolumeDocument = new TypedDocumentString(`
    mutation CliDetachVolume($volume: String!, $vm: String) {
  payload: detachVolume(volume: $volume, vm: $vm) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliDetachVolumeMutation, CliDetachVolumeMutationVariables>;
export const CliResizeVolumeDocument = new TypedDocumentString(`
    mutation CliResizeVolume($volume: String!, $sizeBytes: ByteCount!) {
  payload: resizeVolume(volume: $volume, sizeBytes: $sizeBytes) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliResizeVolumeMutation, CliResizeVolumeMutationVariables>;
export const CliDeleteVolumeDocument = new TypedDocumentString(`
    mutation CliDeleteVolume($volume: String!) {
  payload: deleteVolume(volume: $volume) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliDeleteVolumeMutation, CliDeleteVolumeMutationVariables>;
export const CliExportVolumeDocument = new TypedDocumentString(`
    mutation CliExportVolume($volume: String!, $writable: Boolean!) {
  payload: exportVolume(volume: $volume, writable: $writable) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliExportVolumeMutation, CliExportVolumeMutationVariables>;
export const CliUnexportVolumeDocument = new TypedDocumentString(`
    mutation CliUnexportVolume($volume: String!) {
  payload: unexportVolume(volume: $volume) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliUnexportVolumeMutation, CliUnexportVolumeMutationVariables>;
export const CliReconcileVolumesDocument = new TypedDocumentString(`
    mutation CliReconcileVolumes {
  reconcileVolumes {
    report {
      volumes
      repaired
      problems
      failure
      orphans {
        id
        providerId
        sizeBytes
      }
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliReconcileVolumesMutation, CliReconcileVolumesMutationVariables>;
export const CliVolumeOperationDocument = new TypedDocumentString(`
    query CliVolumeOperation($id: ID!) {
  operation(id: $id) {
    id
    state
    message
    error {
      ...CliVolumeProblem
    }
    ... on VolumeOperation {
      volumeId
      volumeName
      devicePath
      exportUri
    }
  }
}
    fragment CliVolumeProblem on OperationError {
  code
  message
  hint
}`) as unknown as TypedDocumentString<CliVolumeOperationQuery, CliVolumeOperationQueryVariables>;
export const CliFormatVolumeDocument = new TypedDocumentString(`
    mutation CliFormatVolume($volume: String!, $confirm: String!) {
  payload: formatVolume(volume: $volume, confirm: $confirm) {
    ...CliVolumeStarted
  }
}
    fragment CliVolumeStarted on VolumePayload {
  operation {
    id
  }
  errors {
    code
    message
    hint
  }
}`) as unknown as TypedDocumentString<CliFormatVolumeMutation, CliFormatVolumeMutationVariables>;
export const CliImportVolumesDocument = new TypedDocumentString(`
    mutation CliImportVolumes($tables: String!) {
  importVolumes(tables: $tables) {
    report {
      imported
      unchanged
      conflicts
    }
    errors {
      code
      message
      hint
    }
  }
}
    `) as unknown as TypedDocumentString<CliImportVolumesMutation, CliImportVolumesMutationVariables>;