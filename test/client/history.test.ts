import type { Client } from 'urql';
import { describe, expect, it } from 'vitest';
import { createActivityLog } from '../../client/state/activity.ts';
import { noActivity } from '../../client/state/activity-entries.ts';
import { fillLog } from '../../client/state/fill-log.ts';

/** A server whose log has `newest` events, the first of each four a phase; it goes on while it is asked. */
function serve(newest: number) {
  const asked: unknown[] = [];
  const query = async (_: object, variables: object) => {
    asked.push(variables);
    const { after, first } = variables as { after: string; first: number };
    const events = Array.from({ length: first }, (_, index) => {
      const seq = Number(after) + index + 1;
      return { seq, cursor: String(seq), type: seq % 4 === 0 ? 'PHASE' : 'STARTED', kind: 'DUMP', message: '' };
    });
    return { data: { events: { nodes: events } } };
  };
  return {
    client: { query } as unknown as Client,
    asked,
    position: Promise.resolve(String(newest)),
    log: createActivityLog(noActivity),
  };
}

describe('the log of a tab that was just opened', () => {
  it('has what happened last, and the stream goes on exactly after it, also when the server went on meanwhile', async () => {
    const { client, log, position } = serve(5);
    const place = await fillLog(client, log, position);
    expect(log.get().entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 5]);
    expect(place).toMatchObject({ cursor: '5', seq: 5 });
  });

  it('looks back far enough for twenty lines, and not to the beginning', async () => {
    const { client, log, asked, position } = serve(10_000);
    await fillLog(client, log, position);
    expect(asked[0]).toEqual({ after: '9920', first: 80 });
    expect(log.get().entries.at(-1)?.seq).toBe(9999);
  });

  it('begins at the beginning of an empty log', async () => {
    const { client, log, position } = serve(0);
    expect(await fillLog(client, log, position)).toMatchObject({ cursor: '0', seq: 0 });
  });

  it('leaves the beginning to the stream when the server does not respond', async () => {
    expect(await fillLog(serve(5).client, serve(5).log, Promise.resolve(undefined))).toBeNull();
  });
});
