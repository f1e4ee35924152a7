import { PullStream } from '../../async/pull-stream.ts';
import type { ReconcileReport } from '../../volumes/reconcile/reconcile-report.ts';
import type { Volumes } from '../../volumes/volumes.ts';

/** The newest report, if there is one, and every later one; a reader who is slow gets the latest, not every one. */
export function watchReports(volumes: Volumes): AsyncIterableIterator<ReconcileReport> {
  let unread = volumes.lastReport;
  const stream = new PullStream<ReconcileReport>(
    async () => {
      const value = unread;
      unread = null;
      return value === null ? undefined : { value };
    },
    () => unwatch(),
  );
  const unwatch = volumes.watchReports((report) => {
    unread = report;
    stream.knock();
  });
  return stream;
}
