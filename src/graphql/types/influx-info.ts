import type { DeadLetter, OutboxStatus } from '../../influx/outbox/outbox.ts';
import { builder } from '../builder.ts';
import { OutboxStateEnum } from '../enums.ts';
import type { Services } from '../services.ts';

export interface InfluxInfo extends OutboxStatus {
  readonly url: string;
  readonly database: string;
  readonly lacksRecords: boolean;
}

/** The state at this moment; null where there is no InfluxDB. */
export async function influxInfo({ influx, info }: Pick<Services, 'influx' | 'info'>): Promise<InfluxInfo | null> {
  if (influx === null) return null;
  const { url, database, outbox } = influx;
  return { url, database, lacksRecords: info.isInfluxLacking(), ...(await outbox.status()) };
}

export const InfluxInfoType = builder.objectRef<InfluxInfo>('InfluxInfo').implement({
  description: 'The InfluxDB that records and telemetry are written to, and the outbox of lines on their way to it.',
  fields: (t) => ({
    url: t.exposeString('url', { description: 'Its address.' }),
    database: t.exposeString('database', { description: 'The database in it.' }),
    lacksRecords: t.exposeBoolean('lacksRecords', {
      description:
        'True while InfluxDB lacks records that it had accepted (it was emptied, or looks back less far than before). This server’s catalogue answers until they have been written again, which starts by itself.',
    }),
    state: t.expose('state', { type: OutboxStateEnum, description: 'Whether lines get there.' }),
    waiting: t.exposeInt('waiting', { description: 'Lines that it has not accepted yet. None of them can be lost.' }),
    waitingSince: t.expose('waitingSinceMs', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when the first of them has been waiting; null if none is.',
    }),
    dead: t.exposeInt('dead', {
      description:
        'Lines that it refused for what they are: `deadLetters` shows them, `retryDeadLetters` sends them again.',
    }),
    overflowed: t.exposeInt('overflowed', {
      description:
        'Lines that did not fit into a full outbox; the records are in the catalogue: `syncRecords` writes them.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why the last attempt did not work; null when it did.',
    }),
    mend: t.exposeString('mend', {
      nullable: true,
      description: 'How to fix it; null if no action is needed.',
    }),
    nextAttemptAt: t.expose('nextAttemptAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried again; null while nothing is wrong.',
    }),
    accepted: t.exposeInt('accepted', { description: 'Lines that it accepted since this server was started.' }),
    lastAcceptedAt: t.expose('lastAcceptedAtMs', {
      type: 'DateTime',
      nullable: true,
      description: 'When it accepted the last of them; null if none yet.',
    }),
  }),
});

export const DeadLetterType = builder.objectRef<DeadLetter>('DeadLetter').implement({
  description: 'A line that InfluxDB refused for what it is. The record that it is of is in the catalogue.',
  fields: (t) => ({
    seq: t.exposeInt('seq', { description: 'Its number in the outbox.' }),
    key: t.exposeString('key', {
      description: 'What it is of: a record’s id, behind `mark:` where it tells a change.',
    }),
    line: t.exposeString('line', { description: 'Line protocol, as it was sent.' }),
    reason: t.exposeString('reason', { description: 'What InfluxDB said.' }),
    enqueuedAt: t.expose('enqueuedAtMs', { type: 'DateTime', description: 'When it was written.' }),
    diedAt: t.expose('diedAtMs', { type: 'DateTime', description: 'When it was refused.' }),
  }),
});
