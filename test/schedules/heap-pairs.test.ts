import { expect, it } from 'vitest';
import { startLeakingService } from '../fakes/leaking-service.ts';
import { startServer } from '../server-process.ts';
import { temporaryFolder } from '../temporary-folder.ts';

it('a schedule of heap pairs captures two snapshots of each process that matches, and of no other', {
  timeout: 180_000,
}, async () => {
  const name = `leaky-scheduled-${process.pid}`;
  const service = await startLeakingService({ name });
  const server = await startServer(temporaryFolder());
  const { heapTargets } = await server.query('{ heapTargets { targets { id name } } }');
  const target = heapTargets.targets.find(({ id }: { id: string }) => id.includes(String(service.pid)));
  expect(target).toBeDefined();
  const { createSchedule } = await server.query(
    'mutation ($input: ScheduleInput!) { createSchedule(input: $input) { schedule { id } errors { message } } }',
    {
      input: {
        name: 'heaps',
        timing: { every: { seconds: 2 } },
        machines: { names: [target.name] },
        heapPairWaitSeconds: 1,
      },
    },
  );
  expect(createSchedule.errors).toEqual([]);
  const { id } = createSchedule.schedule;
  const look =
    'query ($id: ID!) { schedule(id: $id) { runs(first: 50) { machines { targetName state error { message } operation { id } } } } heapPairs { id service captures { id } } }';
  const completed = async () => {
    const { schedule, heapPairs } = await server.query(look, { id });
    const shots = schedule.runs.flatMap(({ machines }: { machines: object[] }) => machines);
    const done = shots.find(({ state }: { state: string }) => state === 'COMPLETED');
    return { done, shots, pair: heapPairs.find((pair: { id: string }) => pair.id === done?.operation.id) };
  };
  await expect.poll(async () => (await completed()).done?.state, { timeout: 120_000, interval: 500 }).toBe('COMPLETED');
  await server.query('mutation ($id: ID!) { pauseSchedule(id: $id) { errors { code } } }', { id });
  const { pair, shots } = await completed();
  expect(pair).toMatchObject({ service: target.name });
  expect(pair.captures).toHaveLength(2);
  expect(new Set(shots.map(({ targetName }: { targetName: string }) => targetName))).toEqual(new Set([target.name]));
});
