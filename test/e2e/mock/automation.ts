import type { World } from './world.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const hour = 3_600_000;
const policy = {
  id: 'policy-1',
  name: 'usual',
  scope: { all: true, machines: null, scheduleId: null },
  artifacts: ['DUMP', 'HEAP'],
  keepLast: 3,
  keepHourly: null,
  keepDaily: 7,
  keepWeekly: 4,
  keepMonthly: null,
  keepWithinHours: null,
  timeZone: 'UTC',
  maxBytesPerMachine: null,
  maxBytes: 500e9,
  freeOnPressure: false,
};

/** Roots of schedules, retention, notifications and the doctor, with something in each that the screens have to show. */
export function automationResolvers(
  world: World,
  page: (rows: readonly object[], total: number, start: number) => object,
) {
  const { startedAt } = world;
  const page1 = (rows: readonly object[]) => page(rows, rows.length, 0);
  const dueTimes = Array.from({ length: 10 }, (_, index) => iso(startedAt + (index + 1) * 24 * hour));
  const verdicts = (goes: boolean) =>
    world.records.slice(goes ? 0 : 3, goes ? 3 : 12).map((record) => ({
      kind: 'DUMP',
      id: record.id,
      machineName: record.vm.name,
      createdAt: iso(record.time),
      sizeBytes: record.sizeBytes,
      goes,
      policyId: policy.id,
      reasons: goes ? ['RULES'] : ['KEEP_LAST', 'KEEP_DAILY'],
    }));
  const sum = (of: readonly { sizeBytes: number }[]) => of.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
  const schedule = (id: string, name: string, paused: boolean) => ({
    id,
    name,
    paused,
    timing: { cron: { expression: '0 2 * * *', timeZone: 'Europe/Berlin' }, every: null },
    machines: { all: false, names: null, pattern: 'db-*', label: null },
    heapPairWaitSeconds: null,
    missed: 'RUN_ONCE',
    nextDueTimes: dueTimes,
    runs: [
      {
        dueAt: iso(startedAt - hour),
        missed: false,
        skipped: false,
        machines: [
          { targetName: 'db-primary', state: 'COMPLETED', error: null },
          {
            targetName: 'db-replica',
            state: 'REFUSED',
            error: { code: 'NOT_RUNNING', message: 'The machine is off.' },
          },
        ],
      },
    ],
  });
  return {
    schedules: () => [schedule('schedule-1', 'nightly', false), schedule('schedule-2', 'before deployments', true)],
    scheduleDueTimes: () => dueTimes,
    retentionPolicies: () => [policy],
    retentionPreview: () => {
      const [going, staying] = [verdicts(true), verdicts(false)];
      const [goingBytes, stayingBytes] = [sum(going), sum(staying)];
      const counts = { goingCount: going.length, stayingCount: staying.length, goingBytes, stayingBytes };
      return { going, staying, ...counts, fingerprint: 'mock', warning: null };
    },
    retentionRuns: () => [
      { at: iso(startedAt - hour), actor: 'retention', removed: 2, freedBytes: 3e9, failed: 0, warning: null },
    ],
    holds: () => [
      {
        kind: 'DUMP',
        id: world.records[4]?.id ?? 'gone',
        reason: 'Evidence of incident 42',
        actor: 'alice',
        at: iso(startedAt - hour),
      },
    ],
    hooks: () => [
      {
        id: 'hook-1',
        name: 'on-call',
        type: 'WEBHOOK',
        url: 'https://example.com/memoir',
        to: [],
        kinds: [],
        machinePattern: null,
        minSeverity: 'WARNING',
        enabled: true,
        disabledReason: null,
        createdAt: iso(startedAt),
        createdBy: 'local',
        pending: 0,
        dead: 1,
      },
    ],
    deliveries: () =>
      page1(
        (['DEAD', 'PENDING', 'DELIVERED'] as const).map((state, index) => ({
          id: `delivery-${index}`,
          hookId: 'hook-1',
          message: 'Dump of web-01 failed: the machine was shut off.',
          state,
          attempts: [10, 1, 1][index],
          nextAttemptAt: state === 'PENDING' ? iso(startedAt + hour) : null,
          lastStatus: state === 'DELIVERED' ? 204 : null,
          lastError: state === 'DELIVERED' ? null : 'connect ECONNREFUSED 203.0.113.7:443',
          createdAt: iso(startedAt - index * hour),
        })),
      ),
    alerts: () => [
      {
        id: 'alert-1',
        kind: 'DISK_FILLING',
        machine: null,
        message: 'The disk of /var/dumps will be full in about 3 days at the rate of the last week.',
        raisedAt: iso(startedAt),
        clearedAt: null,
      },
    ],
    hostFindings: () => [
      { about: 'rights', state: 'OK', finding: 'this is root', consequence: null, mend: null },
      {
        about: 'userfaultfd',
        state: 'LOOK',
        finding: 'QEMU of libvirt-qemu may not use it',
        consequence: 'No background snapshot: every capture pauses its machine for as long as it takes (CORE_DUMP).',
        mend: 'sysctl -w vm.unprivileged_userfaultfd=1',
      },
    ],
  };
}
