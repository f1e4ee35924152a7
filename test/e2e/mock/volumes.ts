import type { World } from './world.ts';

const iso = (ms: number) => new Date(ms).toISOString();
const gib = 2 ** 30;
const uuid = (n: number) => `0193${n.toString(16).padStart(4, '0')}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** Volumes as they may be: attached, exported, with a problem, and with names of all lengths. */
function volumeOf(world: World, index: number): object {
  const vm = world.vms[index % world.vms.length]!;
  const kind = index % 4;
  const id = uuid(index);
  const since = iso(world.startedAt - index * 60_000);
  const attached = kind === 1 || kind === 3;
  const device = {
    path: `/dev/vd${index}`,
    rdev: `252:${index * 16}`,
    diskseq: index,
    sizeBytes: gib,
    verifiedAt: since,
  };
  const uri = `nbd+unix:///data?socket=/var/lib/memoir/volumes/nbd/nbd.sock`;
  const problem = {
    code: 'DEVICE_MISSING',
    message: `no device of this host shows the serial number of volume data-${index}`,
    hint: 'Look whether the machine still has the disk, and reconcile.',
    retryable: false,
  };
  return {
    id,
    name: index === 1 ? 'a-volume-whose-name-is-as-long-as-a-name-may-be-0123456789.abcd' : `data-${index}`,
    provider: 'demo',
    providerId: `${id}.img`,
    state: attached ? 'ATTACHED' : 'AVAILABLE',
    sizeBytes: (index + 1) * gib,
    serial: id.replaceAll('-', '').slice(0, 20),
    zone: null,
    offering: null,
    attachment: attached ? { machineId: vm.id, machineName: vm.name, since } : null,
    device: kind === 1 ? device : null,
    export: kind === 2 ? { name: `data-${index}`, uri, writable: false, since } : null,
    problem: kind === 3 ? problem : null,
    createdAt: since,
    updatedAt: since,
    history: () => ({
      totalCount: 2,
      nodes: ['VOLUME_ATTACH', 'VOLUME_CREATE'].map((name, at) => ({
        __typename: 'VolumeOperation',
        id: `${id}-${at}`,
        kind: name,
        state: at === 0 ? 'FAILED' : 'COMPLETED',
        message: 'Volume created successfully',
        actor: 'local',
        createdAt: since,
        startedAt: since,
        finishedAt: since,
        error: at === 0 ? problem : null,
      })),
    }),
  };
}

/** The roots of the schema that are about volumes. */
export function volumeResolvers(world: World) {
  const count = world.volumes;
  const volumes = Array.from({ length: count }, (_, index) => volumeOf(world, index));
  const report = () => ({
    at: iso(Date.now()),
    tookMs: 3,
    volumes: count,
    repaired: ['data-0: its state was ATTACHING'],
    problems: ['data-3: no device of this host shows its serial number'],
    orphans: [{ id: uuid(9999), providerId: `${uuid(9999)}.img`, sizeBytes: gib }],
    failure: null,
  });
  return {
    volumes: () => volumes,
    volume: ({ volume }: { volume: string }) => volumes.find((it) => 'id' in it && it.id === volume) ?? null,
    volumeProvider: () => ({ kind: 'demo', demo: true, reason: null }),
    volumeReport: report,
    reconcileVolumes: () => ({ report: report(), errors: [] }),
    volumeReports: async function* () {
      yield { volumeReports: report() };
    },
  };
}
