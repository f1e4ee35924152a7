import { expect, it } from 'vitest';
import { ask } from '../fakes/graphql-client.ts';
import { startTestServer } from '../fakes/server.ts';

const fields = `id name paused createdBy missed spreadSeconds maxParallel heapPairWaitSeconds
  timing { cron { expression timeZone } every { seconds } } machines { all names pattern label } dump { method format }
  nextDueTimes(first: 2)`;
const create = `mutation($input: ScheduleInput!) {
  createSchedule(input: $input) { schedule { ${fields} } errors { code message } }
}`;
const nightly = {
  name: 'nightly',
  timing: { cron: { expression: '30 2 * * *', timeZone: 'Europe/Berlin' } },
  machines: { pattern: 'vm-*' },
};

it('a schedule is created, shown, changed, paused, resumed and deleted', async () => {
  const { url } = await startTestServer();
  const { schedule, errors } = (await ask(url, create, { input: nightly })).data.createSchedule;
  expect(errors).toEqual([]);
  expect(schedule).toMatchObject({
    name: 'nightly',
    paused: false,
    createdBy: 'local',
    missed: 'SKIP',
    timing: { cron: { expression: '30 2 * * *', timeZone: 'Europe/Berlin' }, every: null },
    machines: { all: false, names: null, pattern: 'vm-*', label: null },
    dump: { method: 'AUTO', format: 'ELF' },
    heapPairWaitSeconds: null,
  });
  expect(schedule.nextDueTimes).toHaveLength(2);
  const update = `mutation($id: ID!, $input: ScheduleInput!) {
    updateSchedule(id: $id, input: $input) { schedule { ${fields} } errors { code } }
  }`;
  const changed = {
    name: 'heaps',
    timing: { every: { seconds: 3600 } },
    machines: { all: true },
    heapPairWaitSeconds: 60,
  };
  const after = (await ask(url, update, { id: schedule.id, input: changed })).data.updateSchedule;
  expect(after).toMatchObject({
    schedule: { name: 'heaps', timing: { cron: null, every: { seconds: 3600 } }, dump: null, heapPairWaitSeconds: 60 },
    errors: [],
  });
  const step = (name: string) =>
    ask(url, `mutation($id: ID!) { ${name}(id: $id) { schedule { paused } errors { code } } }`, { id: schedule.id });
  expect((await step('pauseSchedule')).data.pauseSchedule.schedule.paused).toBe(true);
  expect((await step('resumeSchedule')).data.resumeSchedule.schedule.paused).toBe(false);
  expect((await step('deleteSchedule')).data.deleteSchedule.errors).toEqual([]);
  expect((await step('deleteSchedule')).data.deleteSchedule).toMatchObject({
    schedule: null,
    errors: [{ code: 'NOT_FOUND' }],
  });
  expect((await ask(url, '{ schedules { name } }')).data.schedules).toEqual([]);
});

it.each([
  [{ ...nightly, timing: { cron: { expression: '61 * * * *' } } }, 'BAD_INPUT', 'not a cron expression'],
  [{ ...nightly, timing: { cron: { expression: '@daily', timeZone: 'Mars/X' } } }, 'BAD_INPUT', 'no time zone'],
  [{ ...nightly, timing: { every: { seconds: 0 } } }, 'BAD_INPUT', 'timing.everyMs'],
  [{ ...nightly, name: '' }, 'BAD_INPUT', 'name'],
  [{ ...nightly, machines: { names: [] } }, 'BAD_INPUT', 'machines.names'],
  [{ ...nightly, machines: { all: false } }, 'BAD_INPUT', '`all` can only be true'],
  [{ ...nightly, dump: {}, heapPairWaitSeconds: 5 }, 'BAD_INPUT', 'not both'],
] as const)('%j is refused with %s', async (input, code, part) => {
  const { url } = await startTestServer();
  const { errors, schedule } = (await ask(url, create, { input })).data.createSchedule;
  expect(schedule).toBeNull();
  expect(errors).toEqual([{ code, message: expect.stringContaining(part) }]);
});

it('a name is one schedule’s', async () => {
  const { url } = await startTestServer();
  await ask(url, create, { input: nightly });
  expect((await ask(url, create, { input: nightly })).data.createSchedule.errors[0].code).toBe('NAME_TAKEN');
});

it('due times are told before anything is saved', async () => {
  const { url } = await startTestServer();
  const query = 'query($timing: ScheduleTimingInput!) { scheduleDueTimes(timing: $timing) }';
  const cron = { expression: '0 0 29 2 *', timeZone: 'UTC' };
  const { scheduleDueTimes } = (await ask(url, query, { timing: { cron } })).data;
  expect(scheduleDueTimes).toHaveLength(10);
  expect(scheduleDueTimes[0]).toMatch(/^2028-02-29T00:00/);
  const refused = await ask(url, query, { timing: { cron: { expression: 'soon' } } });
  expect(refused.errors).toMatchObject([
    { extensions: { code: 'BAD_INPUT', hint: expect.stringContaining('minute') } },
  ]);
});

it('what is due starts as a dump of its own, and the run shows it', async () => {
  const { url, dumping } = await startTestServer();
  const input = { ...nightly, timing: { every: { seconds: 1 } }, machines: { names: ['vm-1', 'nobody'] } };
  const { schedule } = (await ask(url, create, { input })).data.createSchedule;
  const { context } = await dumping.next();
  expect(context.operation.actor).toBe('schedule:nightly');
  const query = `query($id: ID!) {
    schedule(id: $id) { runs(first: 1) { dueAt missed skipped machines { targetName state operation { id state } error { code } } } }
  }`;
  await ask(url, 'mutation($id: ID!) { pauseSchedule(id: $id) { errors { code } } }', { id: schedule.id });
  const { runs } = (await ask(url, query, { id: schedule.id })).data.schedule;
  const machine = runs[0].machines.find(({ targetName }: { targetName: string }) => targetName === 'vm-1');
  expect(machine).toMatchObject({ state: 'ACCEPTED', operation: { id: context.operation.id, state: 'RUNNING' } });
});
