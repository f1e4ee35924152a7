import { MemoirError } from '../domain/memoir-error.ts';
import type { Influx } from '../influx/influx.ts';
import type { Services } from './services.ts';

/** NOT_CONFIGURED where this server writes to no InfluxDB. */
export function requireInflux({ influx }: Services): Influx {
  if (influx !== null) return influx;
  throw new MemoirError('NOT_CONFIGURED', 'this server writes to no InfluxDB', {
    hint: 'Set INFLUX_URL, INFLUX_DB and INFLUX_TOKEN, and start again.',
  });
}
