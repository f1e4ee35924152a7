import type { Database } from '../../database/database.ts';
import type { InfluxClient } from '../influx-client.ts';
import type { Outbox } from './outbox.ts';
import type { OutboxService } from './outbox-service.ts';
import { type SenderTimes, startSender } from './sender.ts';

/** Opens the outbox and starts to send. Neither `database` nor `client` is closed with it; it is closed before them. */
export async function openOutbox(database: Database, client: InfluxClient, times?: SenderTimes): Promise<Outbox> {
  const service = await database.service<OutboxService>('outbox', {
    module: new URL('./outbox-service.ts', import.meta.url).href,
    options: null,
  });
  const sender = startSender(service, client, times);
  return {
    wake: sender.wake,
    settled: sender.settled,
    held: service.held,
    async status() {
      return { ...sender.sending(), ...(await service.counts()) };
    },
    deadLetters: (limit, afterSeq = 0) => service.deadLetters(limit, afterSeq),
    async retry(seqs) {
      const count = await service.retry(seqs === undefined ? null : [...seqs]);
      sender.hurry();
      return count;
    },
    forgetOverflow: service.forgetOverflow,
    bury: service.buryLines,
    dismiss: service.dismiss,
    close: sender.close,
  };
}
