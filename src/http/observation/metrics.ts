import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import type { Services } from '../../graphql/services.ts';
import { bearerToken } from '../credentials.ts';
import type { Seats } from '../seats.ts';
import { expose, type Metric } from './exposition.ts';
import type { OperationWatch } from './operation-watch.ts';
import { volumeMetrics } from './volume-metrics.ts';

/** Metrics that other rooms bring, read at each scrape: the depth of an outbox, say. */
export type MetricSource = () => readonly Metric[] | Promise<readonly Metric[]>;

export interface MetricsOptions {
  readonly services: Services;
  readonly seats: Seats;
  readonly watch: OperationWatch;
  readonly more: readonly MetricSource[];
}

/** `/metrics`, in Prometheus' text format. Needs what any query needs: a token where the server has one. */
export function serveMetrics(app: FastifyInstance, { services, seats, watch, more }: MetricsOptions): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  app.addHook('onClose', async () => void delay.disable());

  const answered = new Map<string, { readonly labels: Record<string, string>; value: number }>();
  app.addHook('onResponse', async (request, reply) => {
    // The route as it was declared: its number is bounded, whatever addresses are asked for.
    const route = request.routeOptions.url ?? 'none';
    const status = `${Math.floor(reply.statusCode / 100)}xx`;
    const sample = answered.get(`${route} ${status}`) ?? { labels: { route, status }, value: 0 };
    sample.value += 1;
    answered.set(`${route} ${status}`, sample);
  });

  app.get('/metrics', async (request, reply) => {
    await services.access.authenticate(bearerToken(request.headers.authorization));
    const others = await Promise.all(more.map((source) => source()));
    const metrics = [
      ...(await stateMetrics(services)),
      ...(await volumeMetrics(services.volumes)),
      ...watch.metrics(),
      {
        name: 'memoir_live_connections',
        type: 'gauge',
        help: 'WebSockets, event streams and downloads.',
        samples: [{ value: seats.count }],
      },
      {
        name: 'memoir_http_requests_total',
        type: 'counter',
        help: 'Requests answered.',
        samples: [...answered.values()],
      },
      ...processMetrics(delay),
      ...others.flat(),
    ] satisfies Metric[];
    // What is told is what happened since the last scrape.
    delay.reset();
    return reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(expose(metrics));
  });
}

async function stateMetrics({ operations, hypervisor, store, influx, info }: Services): Promise<Metric[]> {
  const [tally, space, outbox] = await Promise.all([
    operations.tally(),
    store.space().catch(() => null),
    influx?.outbox.status(),
  ]);
  const counts = tally.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count }));
  const waiting = tally.filter(({ state }) => state === 'QUEUED').reduce((sum, { count }) => sum + count, 0);
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    type: 'gauge',
    help,
    samples: [{ value }],
  });
  return [
    {
      name: 'memoir_info',
      type: 'gauge',
      help: 'What runs here.',
      samples: [{ labels: { version: info.version, hypervisor: hypervisor.kind }, value: 1 }],
    },
    { name: 'memoir_operations', type: 'gauge', help: 'Operations in the journal.', samples: counts },
    gauge('memoir_queue_depth', 'Operations that wait for their turn.', waiting),
    gauge('memoir_hypervisor_up', 'Whether the hypervisor responds.', hypervisor.status().state === 'UP' ? 1 : 0),
    ...(space === null
      ? []
      : [gauge('memoir_storage_free_bytes', 'Free space where artifacts are kept.', space.freeBytes)]),
    ...(outbox === undefined ? [] : outboxMetrics(outbox, gauge)),
  ];
}

type Outbox = NonNullable<Services['influx']>['outbox'];

function outboxMetrics(
  status: Awaited<ReturnType<Outbox['status']>>,
  gauge: (name: string, help: string, value: number) => Metric,
): Metric[] {
  const { state, waiting, waitingSinceMs, dead, overflowed, accepted } = status;
  const ageMs = waitingSinceMs === null ? 0 : Math.max(0, Date.now() - waitingSinceMs);
  return [
    gauge('memoir_outbox_depth', 'Lines that InfluxDB has not accepted yet.', waiting),
    gauge('memoir_outbox_oldest_seconds', 'How long the first of them has been waiting.', ageMs / 1000),
    gauge('memoir_outbox_dead', 'Lines that InfluxDB refused for what they are.', dead),
    gauge('memoir_outbox_overflowed', 'Lines that did not fit into a full outbox.', overflowed),
    gauge('memoir_outbox_up', 'Whether lines get to InfluxDB.', state === 'IDLE' || state === 'SENDING' ? 1 : 0),
    {
      name: 'memoir_outbox_accepted_total',
      type: 'counter',
      help: 'Lines that InfluxDB accepted.',
      samples: [{ value: accepted }],
    },
  ];
}

function processMetrics(delay: ReturnType<typeof monitorEventLoopDelay>): Metric[] {
  const { user, system } = process.cpuUsage();
  const seconds = (nanoseconds: number) => (Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : 0);
  const quantiles = [0.5, 0.9, 0.99].map((q) => ({
    labels: { quantile: String(q) },
    value: seconds(delay.percentile(q * 100)),
  }));
  return [
    {
      name: 'memoir_event_loop_delay_seconds',
      type: 'gauge',
      help: 'How late the event loop ran since the last scrape.',
      samples: [...quantiles, { labels: { quantile: '1' }, value: seconds(delay.max) }],
    },
    {
      name: 'process_cpu_seconds_total',
      type: 'counter',
      help: 'Processor time used.',
      samples: [{ value: (user + system) / 1e6 }],
    },
    {
      name: 'process_resident_memory_bytes',
      type: 'gauge',
      help: 'Resident memory.',
      samples: [{ value: process.memoryUsage.rss() }],
    },
    {
      name: 'process_start_time_seconds',
      type: 'gauge',
      help: 'When the process was started.',
      samples: [{ value: performance.timeOrigin / 1000 }],
    },
  ];
}
