import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliRecordsSyncDocument,
  CliSynchronisationDocument,
  type CliSynchronisationSubscription,
} from '../generated/graphql.ts';
import { ProgressView } from '../progress-view.ts';
import { plain } from '../text.ts';
import { untilComplete } from '../until-complete.ts';

export interface SyncOptions {
  readonly dryRun?: boolean;
}

/** Has the server bring catalogue and InfluxDB together, and says what that came to. Fails if InfluxDB refused any of it. */
export async function syncRecords(console: Console, { dryRun = false }: SyncOptions) {
  const { operation: started } = (await console.client.ask(CliRecordsSyncDocument, { dryRun })).syncRecords;
  const view = new ProgressView(console);
  let last: CliSynchronisationSubscription['operationProgress'] | undefined;
  for await (const { operationProgress } of untilComplete(console, CliSynchronisationDocument, () => ({
    ids: [started.id],
  }))) {
    const { progress } = operationProgress;
    // It counts records: a rate in bytes would be a lie.
    view.show({
      ...operationProgress,
      name: 'records sync',
      progress: progress && { ...progress, bytesPerSecond: null },
    });
    last = operationProgress;
  }
  const error = last?.operation.error ?? null;
  const summary = last && 'summary' in last.operation ? last.operation.summary : null;
  print(console, { id: started.id, state: last?.state, summary, error }, () =>
    error === null ? describe(summary) : `${error.code}: ${plain(error.message)}\n${plain(error.hint)}`,
  );
  return last?.state === 'COMPLETED' && summary?.refused === 0 ? exitCodes.done : exitCodes.failed;
}

type Synchronised = CliSynchronisationSubscription['operationProgress']['operation'];
type Summary = Extract<Synchronised, { summary: unknown }>['summary'];

function describe(summary: Summary): string {
  if (summary == null) return '';
  const { dryRun, records, points, written, corrected, imported, elsewhere, kept, refused, refusal } = summary;
  const are = dryRun ? 'would be' : 'were';
  return [
    `${records} records and ${points} points were compared.`,
    `${written} records that InfluxDB lacks ${are} written, ${corrected} states ${are} corrected.`,
    `${imported} points of other writers ${are} imported.`,
    ...(elsewhere > 0 ? [`${elsewhere} points belong to the catalogues of other hosts.`] : []),
    ...(kept > 0 ? [`${kept} imported records are no longer in InfluxDB; the catalogue keeps them.`] : []),
    ...(refused > 0 ? [`${refused} were refused: ${plain(refusal ?? '')}`] : []),
  ].join('\n');
}
