const schedule = '{ id, name, paused, timing: { cron?, every? }, machines, missed, nextDueTimes: string[] }';

/**
 * What `--json` prints, by command: TypeScript, a field with `?` may be null. Fields are only ever added. Names of types are those of
 * schema.graphql where they are; times are ISO 8601, sizes bytes.
 */
export const jsonShapes: Readonly<Record<string, string>> = {
  vms: '{ id, name, vmid?, state, memoryBytes, vcpus, demo, activeDump?: { id, state }, lastRecord?: { time } }[]',
  dump: '{ accepted: { id, vmName, state, … with --watch: phase?, message, final, progress?, guestPauseMs?, error?, dump? }[], rejected: { vm, code, message, hint, activeDump? }[] }',
  dumps:
    '{ id, vmName, state, phase?, message, createdAt, finishedAt?, actor, method?, durationSec?, guestPauseMs?, sizeBytes?, sha256?, dumpPath?, demo, error? }[]',
  show: '{ id, vmName, machineId, vmid?, host, state, phase?, message, actor, createdAt, startedAt?, finishedAt?, method?, methodReason?, format, compression, durationSec?, guestPauseMs?, sizeBytes?, rawSizeBytes?, sha256?, imageSha256?, plannedPath, dumpPath?, demo, error?, verification?, events }',
  cancel: '{ id, error?: { code, message, hint } }[]',
  delete: '{ id, error?: { code, message, hint } }[]',
  download: '{ id, file, sizeBytes, sha256, verified }',
  verify: 'a dump: { id, dumpId, state, message, error? }; a file: { file, verified, damage?, sha256?, imageSha256? }',
  inspect:
    '{ file, sizeBytes, compression, frames?, imageBytes, format, architecture?, notes: string[], kernel?, memoryRanges: { start, end }[], manifest? }',
  extract: '{ file, output, sizeBytes, sha256, verified }',
  schedules: `${schedule}[]; due: string[]; the others: ${schedule}`,
  retention:
    '{ going: { kind, id, machineName, createdAt, sizeBytes, reasons }[], goingCount, goingBytes, stayingCount, stayingBytes, fingerprint, warning? }; --yes: { removed, freedBytes, failed, warning? }',
  hold: '{ kind, id, reason, actor }',
  records: 'DumpRecord[]',
  reindex: '{ id, state, message, error?, report?: { found, added, known, broken, faults } }',
  watch: 'OperationEvent, one a line (not an array)',
  stats:
    '{ totalDumps?, totalVms?, totalSizeBytes?, avgDurationSec?, lastDump?, source, warnings, days: { day, dumps, sizeBytes }[] }',
  hooks:
    'Hook[]; create and rotate: Hook & { secret? }; enable, disable, delete: Hook; test: Delivery; deliveries, resend: Delivery[]',
  alerts: '{ id, kind, machine?, message, raisedAt, clearedAt? }[]',
  audit: '{ seq, at, actor, action, details }[]',
  login: '{ context, url, name, role }',
  context: '{ name, url, signedIn, current }[]',
  config:
    "{ file: { path, found }, warnings: string[], fault?, settings: { name, value?, origin: 'environment' | 'file' | 'default', reloads }[] }",
  backup: '{ folder, databaseBytes, manifests, from }',
  doctor: "{ about, state: 'ok' | 'look' | 'broken', finding, consequence?, mend? }[]",
  token: 'create: { id, name, role, expiresAt?, secret }; list: Token[]; revoke: { id, name, revokedAt }',
};
