import type { Services } from '../../graphql/services.ts';
import type { Metric } from './exposition.ts';

/** Volumes, and how well the catalogue agrees with the world. Operations on them are in `memoir_operations`, by kind and state. */
export async function volumeMetrics(volumes: Services['volumes'], nowMs = Date.now()): Promise<Metric[]> {
  const list = await volumes.list();
  const { lastReport: report, provider, deviceChanges } = volumes;
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    type: 'gauge',
    help,
    samples: [{ value }],
  });
  const states = Map.groupBy(list, ({ state }) => state);
  return [
    {
      name: 'memoir_volumes',
      type: 'gauge',
      help: 'Volumes in the catalogue.',
      samples: [...states].map(([state, some]) => ({ labels: { state, provider }, value: some.length })),
    },
    gauge('memoir_volume_exports', 'Volumes exported over NBD.', list.filter((one) => one.export !== null).length),
    gauge(
      'memoir_volume_disagreements',
      'Volumes that disagree with the world, and volumes at the provider that the catalogue does not know.',
      list.filter(({ problem }) => problem !== null).length + (report?.orphans.length ?? 0),
    ),
    {
      name: 'memoir_volume_device_events_total',
      type: 'counter',
      help: 'Changes of this host’s block devices that were seen.',
      samples: Object.entries(deviceChanges).map(([type, value]) => ({ labels: { type }, value })),
    },
    ...(report === null
      ? []
      : [
          gauge(
            'memoir_volume_provider_up',
            'Whether the provider answered at the last comparison.',
            report.failure === null ? 1 : 0,
          ),
          gauge(
            'memoir_volume_reconcile_age_seconds',
            'Since the last comparison.',
            Math.max(0, nowMs - report.atMs) / 1000,
          ),
          gauge('memoir_volume_reconcile_duration_seconds', 'How long the last comparison took.', report.tookMs / 1000),
        ]),
  ];
}
