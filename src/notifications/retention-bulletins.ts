import type { Retention } from '../retention/retention.ts';
import type { RetentionRun } from '../retention/retention-store.ts';
import type { Bulletin, BulletinSource } from './bulletin-feeder.ts';

/** As many as retention answers; of more than that within a minute, the oldest are not told of. */
const atOnce = 100;

/** What retention removed or could not remove. Of a reason that stands in the way every hour, only the first time is told. */
export function retentionBulletins(retention: Pick<Retention, 'runs' | 'watch'>): BulletinSource {
  return {
    name: 'retention',
    newest: async () => (await retention.runs(1))[0]?.seq ?? 0,
    async after(seq) {
      const runs = (await retention.runs(atOnce)).toReversed();
      const before = runs.findLast((run) => run.seq <= seq);
      return runs
        .filter((run) => run.seq > seq)
        .map((run, index, fresh) => ({ seq: run.seq, bulletin: toBulletin(run, fresh[index - 1] ?? before) }));
    },
    watch: (listener) => retention.watch(listener),
  };
}

function toBulletin(run: RetentionRun, before: RetentionRun | undefined): Bulletin | null {
  const { seq, atMs, actor, removed, freedBytes, failed, warning } = run;
  const isFailed = failed > 0 || warning !== null;
  if (removed === 0 && isFailed && before?.warning === warning && before.failed === failed) return null;
  const removedText = `Retention removed ${removed} ${removed === 1 ? 'artifact' : 'artifacts'}`;
  const failedText = failed > 0 ? `; ${failed} could not be removed` : '';
  return {
    seq,
    kind: isFailed ? 'RETENTION_FAILED' : 'RETENTION_REMOVED',
    orderKey: 'retention',
    machine: null,
    subject: 'retention',
    message: `${removedText}${failedText}${warning === null ? '' : `: ${warning}`}`,
    atMs,
    data: { retention: { by: actor, removed, freedBytes, failed } },
  };
}
