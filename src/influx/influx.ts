import type { Database } from '../database/database.ts';
import type { Closable } from '../domain/closable.ts';
import { fitColumns } from './column-fit.ts';
import type { InfluxAddress } from './http.ts';
import { createInfluxClient, type InfluxClient } from './influx-client.ts';
import { openOutbox } from './outbox/open-outbox.ts';
import type { Outbox } from './outbox/outbox.ts';

/** The InfluxDB of this server: one client for dumps and telemetry alike, and the lines that are on their way to it. */
export interface Influx extends Closable {
  readonly url: string;
  readonly database: string;
  readonly client: InfluxClient;
  readonly outbox: Outbox;
}

/** Opens the outbox in `database`, which is closed after it, and starts to send. Whether InfluxDB answers makes no difference. */
export async function openInflux(database: Database, address: InfluxAddress): Promise<Influx> {
  const client = fitColumns(createInfluxClient(address));
  // Loads while the rest of the server starts.
  void client.ready();
  const outbox = await openOutbox(database, client);
  return {
    url: address.url,
    database: address.database,
    client,
    outbox,
    async close() {
      await outbox.close();
      await client.close();
    },
  };
}
