import { MemoirError } from '../../domain/memoir-error.ts';
import { startSync } from '../../dumps/record-sync/sync-kind.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder, failsAlone } from '../builder.ts';
import { requireInflux } from '../influx.ts';
import { attempt, payloadType } from '../payload.ts';
import { type InfluxInfo, InfluxInfoType, influxInfo } from '../types/influx-info.ts';
import { RecordSyncType } from '../types/operation-types.ts';

/** Most letters that are named one by one. */
const maxSeqs = 1_000;

interface Retried {
  readonly retried: number;
  readonly influx: InfluxInfo | null;
}

const RetryDeadLettersPayload = payloadType<Retried>('RetryDeadLettersPayload', 'What is sent again.', (t) => ({
  retried: t.exposeInt('retried', { nullable: true, description: 'How many dead letters were queued again.' }),
  influx: t.expose('influx', { type: InfluxInfoType, nullable: true, description: 'The state afterwards.' }),
}));

builder.mutationField('retryDeadLetters', (t) =>
  t.field({
    type: RetryDeadLettersPayload,
    ...failsAlone,
    description:
      'Sends the lines that InfluxDB refused again, and all waiting lines now; ends a pause. NOT_CONFIGURED where there is no InfluxDB.',
    args: {
      seqs: t.arg.intList({ description: 'Which, by their `seq`, at most 1000; all of them if absent.' }),
    },
    resolve: attempt(async ({ seqs }: { seqs?: number[] | null | undefined }, { services }) => {
      const { outbox } = requireInflux(services);
      if (seqs && seqs.length > maxSeqs) throw new MemoirError('BAD_INPUT', `seqs names more than ${maxSeqs} letters`);
      const retried = await outbox.retry(seqs ?? undefined);
      return { retried, influx: await influxInfo(services) };
    }),
  }),
);

const SyncRecordsPayload = payloadType<{ readonly operation: Operation }>(
  'SyncRecordsPayload',
  'The operation that was started.',
  (t) => ({
    operation: t.expose('operation', {
      type: RecordSyncType,
      nullable: true,
      description: 'The operation: follow it with operationProgress.',
    }),
  }),
);

builder.mutationField('syncRecords', (t) =>
  t.field({
    type: SyncRecordsPayload,
    ...failsAlone,
    description:
      'Starts an operation that writes missing records to InfluxDB and imports points of other writers into the catalogue. Idempotent. NOT_CONFIGURED where there is no InfluxDB.',
    args: {
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Compares only, and changes nothing.',
      }),
    },
    resolve: attempt(async ({ dryRun }: { dryRun: boolean }, { services, actor }) => {
      requireInflux(services);
      return { operation: await startSync(services.operations, { dryRun }, actor.name) };
    }),
  }),
);
