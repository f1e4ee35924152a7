import type { Closable } from '../../domain/closable.ts';
import type { InfluxClient } from '../../influx/influx-client.ts';
import type { Outbox } from '../../influx/outbox/outbox.ts';
import { checkFilter } from '../check-query.ts';
import type { DumpRecords } from '../dump-records.ts';
import type { Completeness } from './completeness.ts';
import { isForeignId } from './point.ts';
import { createWays } from './ways.ts';

export interface AcceptedCheckParts {
  readonly client: InfluxClient;
  readonly catalogue: DumpRecords;
  readonly outbox: Pick<Outbox, 'held'>;
  readonly completeness: Pick<Completeness, 'isLacking' | 'missing'>;
  readonly everyMs?: number;
}

const budget = { firstMs: 5_000, restMs: 5_000 };
const maxHeld = 1_000;
/** At each end of the list so many records are looked through for one of this server's own. */
const ends = 100;

/**
 * Asks InfluxDB once a minute for the oldest and the newest record that it accepted from this server: also where nobody reads,
 * a server that was emptied is noticed and healed. Each is a question about one microsecond, which opens one file.
 */
export function startAcceptedCheck(parts: AcceptedCheckParts): Closable {
  const { client, catalogue, outbox, completeness, everyMs = 60_000 } = parts;
  const ways = createWays(client);
  let checking: Promise<void> | undefined;

  async function check(): Promise<void> {
    if (completeness.isLacking()) return;
    const pages = await Promise.all(
      (['ASC', 'DESC'] as const).map((direction) =>
        catalogue.page({ filter: {}, order: { by: 'TIME', direction }, limit: ends }),
      ),
    );
    // After the catalogue: what it shows and is not held has been accepted.
    const { waiting, dead, more } = await outbox.held(maxHeld);
    if (more) return;
    const held = new Set([...waiting, ...dead]);
    for (const { rows } of pages) {
      const own = rows.find(({ record: { id } }) => !isForeignId(id) && !held.has(id))?.record;
      if (own === undefined) continue;
      const moment = checkFilter({ fromUs: own.timeUs, untilUs: own.timeUs + 1 });
      const asked = await ways.ask(budget, (reader) => reader.count(moment));
      if (asked.ok && asked.answer === 0) return completeness.missing();
    }
  }

  const begin = () => {
    // A database that is closing or busy is asked again.
    checking ??= check()
      .catch(() => undefined)
      .finally(() => {
        checking = undefined;
      });
  };
  const timer = setInterval(begin, everyMs).unref();
  begin();
  return {
    async close() {
      clearInterval(timer);
      await checking;
    },
  };
}
