import type { FastifyInstance } from 'fastify';
import type { Services } from '../../graphql/services.ts';

/**
 * For whoever watches processes; neither needs a token, and neither says what a stranger could use. `/health`: the process
 * answers. `/ready`: it can do its work, the journal takes a write, and storage has room; or which part of it cannot (503).
 */
export function serveHealth(app: FastifyInstance, services: Services): void {
  const { info } = services;
  const checkJournal = atMostOften(() => services.operations.probe());
  app.get('/health', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'ok', version: info.version, uptime_sec: Math.floor(process.uptime()) };
  });

  app.get('/ready', async (_request, reply) => {
    const checks = await checkParts(services, checkJournal);
    const isReady = Object.values(checks).every((state) => state === 'ok');
    reply.code(isReady ? 200 : 503).header('cache-control', 'no-store');
    return { status: isReady ? 'ready' : 'not ready', checks };
  });
}

type Part = 'journal' | 'records' | 'storage' | 'hypervisor';

/** A write of the journal is a write of the disk: who asks more often than this gets the last answer. */
const probeMs = 1_000;

function atMostOften(work: () => Promise<void>): () => Promise<void> {
  let last: { readonly atMs: number; readonly answer: Promise<void> } | undefined;
  return () => {
    const nowMs = performance.now();
    if (last === undefined || nowMs - last.atMs >= probeMs) last = { atMs: nowMs, answer: work() };
    return last.answer;
  };
}

async function checkParts(
  { records, store, hypervisor, info }: Services,
  checkJournal: () => Promise<void>,
): Promise<Record<Part, 'ok' | 'failing'>> {
  const answers = (work: () => Promise<unknown>) =>
    work().then(
      () => 'ok' as const,
      () => 'failing' as const,
    );
  const [journal, catalogue, storage] = await Promise.all([
    answers(async () => {
      if (info.databaseDamage() !== null) throw new Error('the database is damaged');
      await checkJournal();
    }),
    answers(() => records.get([])),
    answers(async () => {
      if ((await store.space()).freeBytes <= 0) throw new Error('nothing can be written');
    }),
  ]);
  return { journal, records: catalogue, storage, hypervisor: hypervisor.status().state === 'UP' ? 'ok' : 'failing' };
}
