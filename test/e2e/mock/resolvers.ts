// Long: the resolvers of the whole mock server are one map, with nothing to split it by.
import { GraphQLError } from 'graphql';
import { automationResolvers } from './automation.ts';
import { mockStats, mockUsage } from './usage.ts';
import { volumeResolvers } from './volumes.ts';
import { type MockDump, type MockEvent, type MockRecord, type MockVm, sha256, type World } from './world.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));
const cursor = String;
const sequence = Number;
const free = 83 * 2 ** 30;

interface RecordArgs {
  readonly filter?: {
    vms?: string[];
    search?: string;
    from?: string;
    until?: string;
    states?: string[];
  } | null;
  readonly orderBy?: { by: string; direction: string } | null;
  readonly first?: number;
  readonly offset?: number;
  readonly after?: string;
}

interface StatsArgs {
  readonly range?: { last?: number } | null;
  readonly resolution?: number | null;
}

/** The root value of the schema over a simulated world; graphql-js calls its functions with a field's arguments. */
export function resolvers(world: World) {
  const forecast = (vm: MockVm) => {
    const snapshot = vm.state === 'RUNNING' && vm.name !== 'build-runner';
    const on = vm.state !== 'SHUT_OFF';
    const off = { code: 'NOT_RUNNING', reason: 'The machine is off: there is no memory to capture.' };
    return {
      vm: () => vmView(vm),
      methods: [
        { method: 'SNAPSHOT', possible: snapshot, expectedPauseMs: snapshot ? 2 : null },
        { method: 'CORE_DUMP', possible: on, expectedPauseMs: on ? vm.memoryBytes / 6e5 : null },
      ],
      blockers: [
        ...(snapshot ? [] : [{ method: 'SNAPSHOT', code: 'METHOD_UNAVAILABLE', reason: 'The machine is paused.' }]),
        ...(on ? [] : [{ method: 'CORE_DUMP', ...off }]),
      ],
      automatic: snapshot ? 'SNAPSHOT' : on ? 'CORE_DUMP' : null,
      automaticReason: snapshot ? 'A snapshot is possible.' : on ? 'A paused machine takes a core dump.' : off.reason,
      memoryBytes: vm.memoryBytes,
      expectedSizeBytes: Math.round(vm.memoryBytes * 1.01),
      freeBytes: free,
      enoughSpace: true,
      activeDump: () => activeView(vm),
    };
  };
  const usageOf = (vm: MockVm) => (world.measured ? mockUsage(vm, Date.now()) : null);
  const vmView = (vm: MockVm): object => ({
    ...vm,
    stateReason: null,
    title: null,
    vcpus: 2,
    demo: true,
    activeDump: () => activeView(vm),
    lastRecord: () => {
      const last = world.records.findLast((record) => record.vm === vm);
      return last ? recordView(last) : null;
    },
    captureOptions: () => forecast(vm),
    usage: () => usageOf(vm),
    stats: ({ range, resolution }: StatsArgs) => mockStats(vm, range?.last ?? 3600, resolution, world.measured),
  });
  const activeView = (vm: MockVm) => {
    const active = world.activeOf(vm);
    return active ? dumpView(active) : null;
  };
  const progress = (dump: MockDump) => ({
    percent: (100 * dump.doneBytes) / dump.vm.memoryBytes,
    doneBytes: Math.round(dump.doneBytes),
    totalBytes: dump.vm.memoryBytes,
    writtenBytes: Math.round(dump.doneBytes * 0.19),
    bytesPerSecond: dump.state === 'RUNNING' ? world.bytesPerSecond : null,
    secondsLeft: dump.state === 'RUNNING' ? (dump.vm.memoryBytes - dump.doneBytes) / world.bytesPerSecond : null,
  });
  const basis = (dump: MockDump) => ({
    ...dump,
    host: 'mock',
    actor: 'local',
    createdAt: iso(dump.createdAt),
    startedAt: isoOrNull(dump.startedAt),
    finishedAt: isoOrNull(dump.finishedAt),
    progress: progress(dump),
  });
  const dumpView = (dump: MockDump): object => {
    const record = world.records.find((it) => it.id === dump.id);
    return {
      ...basis(dump),
      vm: () => vmView(dump.vm),
      vmName: dump.vm.name,
      machineId: dump.vm.id,
      vmid: dump.vm.vmid,
      demo: true,
      method: dump.state === 'QUEUED' ? null : 'SNAPSHOT',
      methodChoice: dump.input.method,
      methodReason: 'A snapshot is possible.',
      format: dump.input.format,
      compression: dump.input.compression,
      durationSec: dump.finishedAt && dump.startedAt ? (dump.finishedAt - dump.startedAt) / 1000 : null,
      guestPauseMs: dump.doneBytes > 0 ? 2.1 : null,
      sha256: record ? sha256(record.id) : null,
      imageSha256: null,
      sizeBytes: record?.sizeBytes ?? null,
      rawSizeBytes: record?.vm.memoryBytes ?? null,
      dumpPath: null,
      record: () => (record ? recordView(record) : null),
      verification: () => {
        const last = world.dumps.findLast((it) => it.kind === 'VERIFY' && it.of === dump.id);
        return last ? operationView(last) : null;
      },
      events: () => world.events.filter((it) => it.dump === dump).map(eventView),
    };
  };
  const recordView = (record: MockRecord): object => ({
    ...record,
    time: iso(record.time),
    dom: record.vm.name,
    vmid: record.vm.vmid ?? '0',
    machineId: record.vm.id,
    host: 'mock',
    sha256: sha256(record.id),
    imageSha256: null,
    gzipSizeBytes: record.sizeBytes,
    rawSizeBytes: record.vm.memoryBytes,
    ...Object.fromEntries(['ctime', 'mtime', 'atime'].map((name) => [name, Math.floor(record.time / 1000)])),
    dumpPath: `/var/dumps/${record.vm.id}/${iso(record.time)}_${record.id}.elf.zst`,
    format: 'ELF',
    compression: 'ZSTD',
    guestPauseMs: record.pauseMs,
    demo: true,
  });
  const operationView = (dump: MockDump): object => ({
    ...basis(dump),
    __typename: dump.kind === 'DUMP' ? 'Dump' : 'Verification',
    subject: dump.kind === 'DUMP' ? `vm:${dump.vm.id}` : `artifact:${dump.id}`,
    dump: () => (dump.kind === 'DUMP' ? dumpView(dump) : null),
  });
  const eventView = (event: MockEvent): object => ({
    ...event,
    cursor: cursor(event.seq),
    at: iso(event.at),
    operationId: event.dump.id,
    kind: event.dump.kind,
    subject: `vm:${event.dump.vm.id}`,
    operation: () => operationView(event.dump),
  });
  const page = <T>(rows: readonly T[], totalCount: number, start: number) => ({
    nodes: rows,
    edges: rows.map((node, index) => ({ node, cursor: String(start + index + 1) })),
    totalCount,
    pageInfo: {
      hasNextPage: start + rows.length < totalCount,
      hasPreviousPage: start > 0,
      startCursor: rows.length > 0 ? String(start + 1) : null,
      endCursor: rows.length > 0 ? String(start + rows.length) : null,
    },
    source: 'CATALOGUE',
    warnings: [],
  });
  const matching = ({ filter, orderBy }: RecordArgs) => {
    const search = filter?.search?.toLowerCase() ?? '';
    const rows = world.records.filter(
      (record) =>
        (!filter?.vms?.length || [record.vm.name, record.vm.id].some((it) => filter.vms?.includes(it))) &&
        (record.vm.name.toLowerCase().includes(search) || sha256(record.id).includes(search)) &&
        (!filter?.from || record.time >= Date.parse(filter.from)) &&
        (!filter?.until || record.time < Date.parse(filter.until)) &&
        (!filter?.states?.length || filter.states.includes(record.state)),
    );
    const sign = orderBy?.direction === 'ASC' ? 1 : -1;
    const keys = { TIME: 'time', DURATION: 'durationSec', SIZE: 'sizeBytes' } as const;
    const by = keys[(orderBy?.by ?? 'TIME') as keyof typeof keys];
    return rows.sort((a, b) => sign * (by ? a[by] - b[by] : a.vm.name.localeCompare(b.vm.name)));
  };
  const service = () => ({
    version: '0.0.0-mock',
    host: 'mock',
    startedAt: iso(world.startedAt),
    hypervisor: {
      kind: 'DEMO',
      state: world.hypervisor,
      reason: world.hypervisor === 'UP' ? null : 'connection refused',
      mend: world.hypervisor === 'UP' ? null : 'start libvirtd',
      uri: 'demo:///',
      version: 'demo',
      since: iso(world.startedAt),
    },
    storage: { location: '/var/dumps', freeBytes: free, totalBytes: 200 * 2 ** 30, warning: null },
    influx: null,
    maxParallelDumps: world.parallel,
    nodeId: '00000000-0000-4000-8000-00000000000f',
    canMail: true,
    databaseDamage: world.database === 'DAMAGED' ? '/data/memoir.sqlite is damaged: page 7 is never used' : null,
    reindexAdvised: world.database === 'LOST',
    unwantedArtifacts:
      world.database === 'LOST'
        ? { count: 3, sizeBytes: 3 * 2 ** 30, locations: ['/var/dumps/web-01/a.elf.zst'] }
        : null,
    operationCounts: [{ kind: 'DUMP', state: 'COMPLETED', count: world.records.length }],
    eventCursor: cursor(world.events.length),
  });
  const find = (id: string) => {
    const dump = world.dumps.find((it) => it.id === id);
    if (!dump) throw new GraphQLError('There is no such dump.', { extensions: { code: 'NOT_FOUND' } });
    return dump;
  };
  const active = (states?: string[]) =>
    world.dumps.filter((dump) => !states?.length || states.includes(dump.state)).reverse();

  return {
    ...volumeResolvers(world),
    ...automationResolvers(world, page),
    vms: () => world.vms.map(vmView),
    vm: ({ name }: { name: string }) => {
      const vm = world.vms.find((it) => it.name === name || it.id === name);
      return vm ? vmView(vm) : null;
    },
    captureOptions: ({ vm }: { vm: string }) => forecast(world.vms.find((it) => it.name === vm || it.id === vm)!),
    dumps: ({ states, first = 50 }: { states?: string[]; first?: number }) => {
      const rows = active(states).filter((dump) => dump.kind === 'DUMP');
      return page(rows.slice(0, first).map(dumpView), rows.length, 0);
    },
    dump: ({ id }: { id: string }) => {
      const dump = world.dumps.find((it) => it.id === id);
      return dump ? dumpView(dump) : null;
    },
    dumpRecords: (args: RecordArgs) => {
      const rows = matching(args);
      const start = Number(args.after ?? 0) + (args.offset ?? 0);
      return page(rows.slice(start, start + (args.first ?? 50)).map(recordView), rows.length, start);
    },
    dumpRecord: ({ id }: { id: string }) => {
      const record = world.records.find((it) => it.id === id);
      return record ? recordView(record) : null;
    },
    recordedMachines: () => ({
      source: 'CATALOGUE',
      warnings: [],
      nodes: [...Map.groupBy(world.records, ({ vm }) => vm)].map(([vm, of]) => ({
        machineId: vm.id,
        name: vm.name,
        vmid: vm.vmid ?? '0',
        dumps: of.length,
        lastDump: iso(Math.max(...of.map(({ time }) => time))),
      })),
    }),
    dumpStats: (args: RecordArgs) => {
      const rows = matching(args);
      const sum = (pick: (record: MockRecord) => number, of = rows) => of.reduce((total, it) => total + pick(it), 0);
      const days = Map.groupBy(rows, (record) => iso(record.time).slice(0, 10));
      return {
        totalDumps: rows.length,
        totalVms: new Set(rows.map((record) => record.vm)).size,
        totalSizeBytes: sum((record) => record.sizeBytes),
        avgDurationSec: rows.length > 0 ? sum((record) => record.durationSec) / rows.length : null,
        lastDump: rows.length > 0 ? iso(Math.max(...rows.map((record) => record.time))) : null,
        days: [...days].sort().map(([day, of]) => ({
          day: `${day}T00:00:00.000Z`,
          dumps: of.length,
          sizeBytes: sum((record) => record.sizeBytes, of),
          avgDurationSec: sum((record) => record.durationSec, of) / of.length,
          avgGuestPauseMs: sum((record) => record.pauseMs, of) / of.length,
        })),
        source: 'CATALOGUE',
        warnings: [],
      };
    },
    operations: ({ states, first, after }: { states?: string[]; first?: number; after?: string }) => {
      const rows = active(states);
      const start = Number(after ?? 0);
      return page(rows.slice(start, start + (first ?? 50)).map(operationView), rows.length, start);
    },
    operation: ({ id }: { id: string }) => operationView(find(id)),
    events: ({ after }: { after: string }) =>
      page(world.events.slice(sequence(after)).map(eventView), world.events.length, sequence(after)),
    service,
    session: () => ({ name: 'local', role: world.role, tokenRequired: false }),
    tokens: () => [],
    auditLog: () => page([], 0, 0),
    triggerDumps: ({ input }: { input: MockDump['input'] & { vms?: string[]; all: boolean } }) => {
      const accepted: object[] = [];
      const rejected: object[] = [];
      for (const name of input.all
        ? world.vms.filter((vm) => vm.state === 'RUNNING').map((vm) => vm.name)
        : (input.vms ?? [])) {
        const vm = world.vms.find((it) => it.name === name || it.id === name);
        const refuse = (code: string, message: string, hint: string) =>
          rejected.push({ vm: name, code, message, hint, activeDump: vm ? activeView(vm) : null });
        if (!vm) refuse('NOT_FOUND', 'There is no such machine.', 'Check the name.');
        else if (vm.state === 'SHUT_OFF') refuse('NOT_RUNNING', 'The machine is off.', 'Start the machine first.');
        else if (world.activeOf(vm)) refuse('ALREADY_ACTIVE', 'Another dump is active.', 'Wait for it, or cancel it.');
        else accepted.push(dumpView(world.trigger(vm, input)));
      }
      return { accepted, rejected, errors: [] };
    },
    cancelDump: ({ id }: { id: string }) => {
      world.cancel(find(id));
      return { dump: dumpView(find(id)), errors: [] };
    },
    verifyDump: ({ id }: { id: string }) => {
      const record = world.records.find((it) => it.id === id)!;
      const usual = { method: 'AUTO', format: 'ELF', compression: 'ZSTD' };
      return { operation: operationView(world.trigger(record.vm, usual, 'VERIFY', id)), errors: [] };
    },
    dumpProgress: async function* () {
      for (const dump of world.dumps.filter((it) => ['QUEUED', 'RUNNING'].includes(it.state))) yield progressOf(dump);
      for await (const dump of world.ticked.listen()) if (dump.kind === 'DUMP') yield progressOf(dump);
    },
    operationProgress: async function* ({ ids }: { ids?: string[] }) {
      for await (const dump of world.ticked.listen()) {
        if (ids?.includes(dump.id)) yield { operationProgress: { ...basis(dump), final: dump.finishedAt !== null } };
      }
    },
    operationEvents: async function* ({ after }: { after?: string | null }) {
      const live = world.eventAdded.listen();
      let seen = after ? sequence(after) : world.events.length;
      for (const event of world.events.slice(seen)) {
        seen = event.seq;
        yield { operationEvents: eventView(event) };
      }
      for await (const event of live) if (event.seq > seen) yield { operationEvents: eventView(event) };
    },
    vmChanges: async function* () {
      for await (const vm of world.vmChanged.listen())
        yield { vmChanges: { type: 'CHANGED', id: vm.id, name: vm.name, vm: vmView(vm) } };
    },
    vmStats: async function* () {
      for (;;) {
        yield { vmStats: world.vms.map(usageOf).filter((usage) => usage !== null) };
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    },
    serviceChanges: async function* () {
      yield { serviceChanges: service() };
    },
  };

  function progressOf(dump: MockDump) {
    return {
      dumpProgress: {
        ...basis(dump),
        dump: () => dumpView(dump),
        vmName: dump.vm.name,
        guestPauseMs: dump.doneBytes > 0 ? 2.1 : null,
        final: dump.finishedAt !== null,
      },
    };
  }
}
