import { MemoirError } from '../../domain/memoir-error.ts';
import { startSync } from '../../dumps/record-sync/sync-kind.ts';
import { builder } from '../builder.ts';
import { requireInflux } from '../influx.ts';
import { type InfluxInfo, InfluxInfoType, influxInfo } from '../types/influx-info.ts';
import { OperationType } from '../types/operation.ts';

/** Most letters that are named one by one. */
const maxSeqs = 1_000;

interface Retried {
  readonly retried: number;
  readonly influx: InfluxInfo;
}

const RetryDeadLettersPayload = builder.objectRef<Retried>('RetryDeadLettersPayload').implement({
  description: 'What is sent again.',
  fields: (t) => ({
    retried: t.exposeInt('retried', { description: 'How many lines wait again that were dead.' }),
    influx: t.expose('influx', { type: InfluxInfoType, description: 'How things stand now.' }),
  }),
});

builder.mutationField('retryDeadLetters', (t) =>
  t.field({
    type: RetryDeadLettersPayload,
    description:
      'Sends lines that InfluxDB refused once more, and everything else that waits at once: also ends a pause. NOT_CONFIGURED where there is no InfluxDB.',
    args: {
      seqs: t.arg.intList({ description: 'Which, by their `seq`, at most 1000; all of them if absent.' }),
    },
    resolve: async (_, { seqs }, { services }) => {
      const influx = requireInflux(services);
      if (seqs && seqs.length > maxSeqs) throw new MemoirError('BAD_INPUT', `seqs names more than ${maxSeqs} letters`);
      const retried = await influx.outbox.retry(seqs ?? undefined);
      return { retried, influx: await influxInfo(influx) };
    },
  }),
);

builder.mutationField('syncRecords', (t) =>
  t.field({
    type: OperationType,
    description:
      'Starts an operation that gives InfluxDB the records that it lacks, and the catalogue the points of other writers. A second run finds nothing to do. NOT_CONFIGURED where there is no InfluxDB.',
    args: {
      dryRun: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Compares only, and changes nothing.',
      }),
    },
    resolve: (_, { dryRun }, { services, actor }) => {
      requireInflux(services);
      return startSync(services.operations, { dryRun }, actor.name);
    },
  }),
);
