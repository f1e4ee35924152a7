import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { thorough } from '../thorough.ts';

/** WATCH_KILLS=1 is the whole of it (some minutes); otherwise the same, shorter. */
const plan =
  process.env.WATCH_KILLS === '1'
    ? { dumps: 200, watchKills: 50, serverKills: 20 }
    : { dumps: 12, watchKills: 4, serverKills: 2 };

interface Line {
  readonly seq: number;
  readonly type: string;
  readonly operationId: string;
}

const readLines = (file: string): Line[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line)
    : [];

/** The command as a process of its own, as a shell would run it. */
function startWatch(url: string, file: string): ChildProcess {
  const args = ['src/main.ts', '--url', url, '--json', '--quiet', 'watch', '--after', '0', '--append', file];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** All events that the server knows, in its own order. */
async function readJournal(server: ServerProcess): Promise<Line[]> {
  const lines: Line[] = [];
  for (let after = '0'; ; ) {
    const document =
      'query ($after: String!) { events(after: $after, first: 200) { nodes { cursor seq type operationId } pageInfo { hasNextPage } } }';
    const { events } = await server.query(document, { after });
    lines.push(...events.nodes.map(({ seq, type, operationId }: Line) => ({ seq, type, operationId })));
    if (!events.pageInfo.hasNextPage) return lines;
    after = events.nodes.at(-1).cursor;
  }
}

/** Numbers that look random and are the same in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe('memoir watch --append', () => {
  it('goes on after its last whole line, and repairs one that a crash cut off', async () => {
    const file = join(temporaryFolder(), 'events.jsonl');
    writeFileSync(file, '{"cursor":"1","seq":1}\n{"cursor":"2","seq":2}\n{"cursor":"3","se');
    const leaving = new AbortController();
    leaving.abort();
    await memoir('http://127.0.0.1:1', ['watch', '--append', file], { signal: leaving.signal });
    expect(readFileSync(file, 'utf8')).toBe('{"cursor":"1","seq":1}\n{"cursor":"2","seq":2}\n');
  });

  it('touches no file that has something else in it', async () => {
    const file = join(temporaryFolder(), 'notes.txt');
    writeFileSync(file, 'dear diary\nnothing happened');
    const { code, told } = await memoir('http://127.0.0.1:1', ['watch', '--append', file]);
    expect([code, readFileSync(file, 'utf8')]).toEqual([2, 'dear diary\nnothing happened']);
    expect(told).toContain('is not an event');
  });

  it.skipIf(!thorough && process.env.WATCH_KILLS !== '1')(
    `has every transition of ${plan.dumps} dumps once and in order, killed ${plan.watchKills} times while the server is killed ${plan.serverKills} times`,
    { timeout: 1_200_000 },
    async () => {
      const folder = temporaryFolder();
      const file = join(folder, 'events.jsonl');
      const next = random(7);
      // The same address for every server: who follows comes back by itself. Below the ports that connections are given: one of
      // those could get a dead server's, even from whoever tries to reach it.
      const variables = { DEMO_SPEED: '512', PORT: `${20_000 + (process.pid % 10_000)}` };
      let server = await startServer(folder, variables);
      let watching = startWatch(server.url, file);
      let isOver = false;

      const killWatches = async () => {
        for (let count = 0; count < plan.watchKills && !isOver; count++) {
          // From the moment that it begins to load to one at which it follows for a while.
          await pause(200 + next() * 2_500);
          await kill(watching);
          watching = startWatch(server.url, file);
        }
      };
      const killServers = async () => {
        for (let count = 0; count < plan.serverKills; count++) {
          await pause(1_000 + next() * 3_000);
          await server.end('SIGKILL');
          server = await startServer(folder, variables);
        }
      };
      const keys = Array.from({ length: plan.dumps }, (_, index) => `dump-${index}`);
      const machines = ['web-01', 'db-01', 'mail-01', 'build-01'];
      const cancel = 'mutation ($id: ID!) { cancelDump(id: $id) { errors { code } } }';
      const dump = async (vm: string, key: string): Promise<void> => {
        // Killed before it answered, or busy with the dump before: asked again, and the key names one dump.
        while (!isOver) {
          const document =
            'mutation ($vms: [String!], $key: String) { triggerDumps(input: { vms: $vms, idempotencyKey: $key }) { accepted { id } errors { code } } }';
          const answer = await server.query(document, { vms: [vm], key }).catch(() => null);
          const id = answer?.triggerDumps.accepted[0]?.id;
          if (id !== undefined) {
            // Most are cancelled: another way to end, and a third of the bytes.
            if (Number(key.slice(5)) % 5 !== 0) await server.query(cancel, { id }).catch(() => null);
            return;
          }
          await pause(50);
        }
      };
      const dumpAll = async (vm: string, own: readonly string[]) => {
        for (const key of own) await dump(vm, key);
      };
      const killing = Promise.all([killWatches(), killServers()]);
      // A server that does not start again ends the test, and not its patience.
      killing.catch(() => {
        isOver = true;
      });
      await Promise.all(
        machines.map((vm, index) =>
          dumpAll(
            vm,
            keys.filter((_, of) => of % machines.length === index),
          ),
        ),
      );
      await killing;
      isOver = true;

      await vi.waitFor(
        async () => {
          const { dumps } = await server.query('{ dumps(states: [QUEUED, RUNNING]) { totalCount } }');
          expect(dumps.totalCount).toBe(0);
        },
        { timeout: 300_000, interval: 200 },
      );
      const journal = await readJournal(server);
      await vi.waitFor(() => expect(readLines(file).length).toBeGreaterThanOrEqual(journal.length), {
        timeout: 60_000,
        interval: 100,
      });
      await kill(watching);
      const seen = readLines(file);
      expect(seen.map(({ seq, type, operationId }) => ({ seq, type, operationId }))).toEqual(journal);

      const byDump = [...Map.groupBy(seen, ({ operationId }) => operationId).values()];
      expect(byDump).toHaveLength(plan.dumps);
      const orders = new Set(byDump.map((events) => events.map(({ type }) => type).join(' ')));
      for (const order of orders)
        expect(order).toMatch(
          /^QUEUED( STARTED| REQUEUED| PHASE| NOTED| CANCEL_REQUESTED)* (COMPLETED|FAILED|CANCELLED)$/,
        );
    },
  );
});
