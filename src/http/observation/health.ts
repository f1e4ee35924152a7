import type { FastifyInstance } from 'fastify';
import type { Services } from '../../graphql/context.ts';

/**
 * For whoever watches processes; neither needs a token, and neither says what a stranger could use. `/health`: the process
 * answers. `/ready`: it can do its work, or which part of it cannot (503).
 */
export function serveHealth(app: FastifyInstance, services: Services): void {
  const { info } = services;
  app.get('/health', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'ok', version: info.version, uptime_sec: Math.floor(process.uptime()) };
  });

  app.get('/ready', async (_request, reply) => {
    const checks = await checkParts(services);
    const isReady = Object.values(checks).every((state) => state === 'ok');
    reply.code(isReady ? 200 : 503).header('cache-control', 'no-store');
    return { status: isReady ? 'ready' : 'not ready', checks };
  });
}

type Part = 'journal' | 'records' | 'storage' | 'hypervisor';

async function checkParts({
  operations,
  records,
  store,
  hypervisor,
}: Services): Promise<Record<Part, 'ok' | 'failing'>> {
  const answers = (work: () => Promise<unknown>) =>
    work().then(
      () => 'ok' as const,
      () => 'failing' as const,
    );
  const [journal, catalogue, storage] = await Promise.all([
    answers(() => operations.bounds()),
    answers(() => records.get([])),
    answers(() => store.space()),
  ]);
  return { journal, records: catalogue, storage, hypervisor: hypervisor.status().state === 'UP' ? 'ok' : 'failing' };
}
