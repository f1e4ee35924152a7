import { setTimeout as pause } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, it, vi } from 'vitest';
import { type Received, webhookReceiver } from '../fakes/webhook-receiver.ts';
import { startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

/** WEBHOOK_KILLS=1 is the long form. */
const plan = process.env.WEBHOOK_KILLS === '1' ? { dumps: 60, kills: 15 } : { dumps: 8, kills: 3 };

/** What a hook hears of; the other events of the log are between these. */
const told: Readonly<Record<string, string>> = {
  QUEUED: 'io.memoir.operation.queued',
  STARTED: 'io.memoir.operation.started',
  COMPLETED: 'io.memoir.operation.completed',
  FAILED: 'io.memoir.operation.failed',
};

it.skipIf(!thorough && process.env.WEBHOOK_KILLS !== '1')(
  `a server that is killed ${plan.kills} times in the middle of its deliveries sends each event at least once, in order per operation, under one id, signed`,
  { timeout: 600_000 },
  async () => {
    const folder = temporaryFolder();
    const receiver = await webhookReceiver();
    // Slow, so that a kill is in the middle; every seventh connection breaks after it was read, and its event comes again.
    let count = 0;
    receiver.answer = (response) => {
      count += 1;
      if (count % 7 === 0) response.destroy();
      else setTimeout(() => response.writeHead(204).end(), 30);
    };
    let server = await startServer(folder);
    const { createHook } = await server.query(
      'mutation ($url: String!) { createHook(input: { name: "ops", target: { url: $url }, minSeverity: INFO }) { secret errors { message } } }',
      { url: receiver.url },
    );
    const machines = ['web-01', 'db-01', 'mail-01', 'build-01'];
    for (let kill = 0; kill <= plan.kills; kill++) {
      const share = Math.ceil(plan.dumps / (plan.kills + 1));
      for (let index = 0; index < share; index++) {
        const key = `${kill} ${index}`;
        await vi.waitFor(
          async () => {
            const { triggerDumps } = await server.query(
              'mutation ($vm: String!, $key: String!) { triggerDumps(input: { machines: { names: [$vm] }, idempotencyKey: $key }) { accepted { id } } }',
              { vm: machines[index % machines.length], key },
            );
            expect(triggerDumps.accepted).toHaveLength(1);
          },
          { timeout: 60_000, interval: 50 },
        );
      }
      if (kill === plan.kills) break;
      // Something of these is on its way by then.
      const before = receiver.received.length;
      await receiver.count(before + 1 + (kill % 3));
      await pause(kill * 7);
      await server.end('SIGKILL');
      server = await startServer(folder);
    }

    await vi.waitFor(
      async () => {
        const { dumps } = await server.query('{ dumps(states: [QUEUED, RUNNING]) { totalCount } }');
        expect(dumps.totalCount).toBe(0);
      },
      { timeout: 120_000, interval: 100 },
    );
    const { events } = await server.query('{ events(after: "0", first: 1000) { nodes { seq type operationId } } }');
    const wanted = (events.nodes as { seq: number; type: string; operationId: string }[]).filter(
      ({ type }) => type in told,
    );
    const got = () => new Set(receiver.received.map(({ event }) => event.data.cursor as string));
    await vi.waitFor(() => expect([...got()].sort()).toEqual(wanted.map(({ seq }) => String(seq)).sort()), {
      timeout: 120_000,
      interval: 100,
    });

    // Each is what the journal says, under an id of its own, whoever signs.
    const webhook = new Webhook(createHook.secret);
    const bySeq = new Map(wanted.map((event) => [String(event.seq), event]));
    for (const { headers, body, event } of receiver.received) {
      expect(webhook.verify(body, headers as Record<string, string>)).toEqual(event);
      const known = bySeq.get(event.data.cursor);
      expect([event.type, event.data.operation.id]).toEqual([told[known?.type ?? ''], known?.operationId]);
    }
    const idOf = ({ headers }: Received) => headers['webhook-id'] as string;
    const pairs = new Set(receiver.received.map((one) => `${idOf(one)} ${one.event.data.cursor}`));
    expect([pairs.size, new Set(receiver.received.map(idOf)).size]).toEqual([wanted.length, wanted.length]);

    // An event of an operation comes the first time when all before it have come.
    for (const ofOne of Map.groupBy(receiver.received, ({ event }) => event.data.operation.id).values()) {
      const first = [...new Set(ofOne.map(({ event }) => Number(event.data.cursor)))];
      expect(first).toEqual(first.toSorted((a, b) => a - b));
    }
  },
);
