import type { DatabaseSync } from 'node:sqlite';
import type { Json } from '../../domain/json.ts';
import { createOutboxWriter } from './outbox-writer.ts';

/** The journal's effect `outbox.enqueue`: its payload is `{key, lines}`. The lines are as durable as the transition. */
export function openEffect(connection: DatabaseSync): (payload: Json) => void {
  const enqueue = createOutboxWriter(connection);
  return (payload) => {
    const { key, lines } = payload as { key: string; lines: string[] };
    enqueue(key, lines);
  };
}
