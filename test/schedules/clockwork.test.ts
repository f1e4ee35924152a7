import { expect, it, onTestFinished } from 'vitest';
import { MemoirError, toErrorShape } from '../../src/domain/memoir-error.ts';
import { spreadOf } from '../../src/schedules/spread.ts';
import { ScheduleWorld } from '../fakes/schedule-world.ts';
import { temporaryFolder } from '../temporary-folder.ts';

async function openWorld(maxParallel?: number): Promise<ScheduleWorld> {
  const opened = await ScheduleWorld.open(temporaryFolder(), maxParallel);
  onTestFinished(() => opened.close());
  return opened;
}

const candidate = (name: string, title: string | null = null) => ({ id: `id-${name}`, name, title, running: true });
const outcome = (type: 'LATER' | 'REFUSED', code: 'ALREADY_ACTIVE' | 'NOT_RUNNING', message: string) => ({
  type,
  error: toErrorShape(new MemoirError(code, message)),
});

it('what is due starts once, however often the clock is looked at', async () => {
  const world = await openWorld();
  const id = await world.add();
  await world.at('2026-05-05T02:59:59Z');
  expect(world.runs).toEqual([]);
  for (const moment of ['03:00:00', '03:00:01', '03:10:00', '04:00:00']) await world.at(`2026-05-05T${moment}Z`);
  expect(world.runs).toEqual(['2026-05-05T03:00 db']);
  world.end();
  await world.at('2026-05-06T03:00:00Z');
  expect(world.runs).toEqual(['2026-05-05T03:00 db', '2026-05-06T03:00 db']);
  const runs = await world.store.runs(id, 10);
  expect(runs.map(({ shots }) => shots[0]?.state)).toEqual(['ACCEPTED', 'COMPLETED']);
});

it.each([
  ['SKIP', [], 'MISSED: 3 due times were missed; 0 of them run now'],
  ['RUN_ONCE', ['2026-05-07T03:00 db'], 'MISSED: 3 due times were missed; 1 of them runs now'],
  ['RUN_ALL', ['2026-05-06T03:00 db', '2026-05-07T03:00 db'], 'MISSED: 3 due times were missed; 2 of them run now'],
] as const)('a server that was off for three days does as %s says', async (missed, runs, event) => {
  const world = await openWorld();
  const id = await world.add({ missed, maxCaughtUp: 2 });
  await world.at('2026-05-07T12:00Z');
  expect(world.runs).toEqual(runs);
  expect(await world.events()).toEqual([event]);
  const journaled = (await world.store.runs(id, 10)).map(({ due }) => due.state);
  expect(journaled.filter((state) => state === 'SKIPPED')).toHaveLength(3 - runs.length);
  world.end();
  await world.at('2026-05-08T03:00Z');
  expect(world.runs).toEqual([...runs, '2026-05-08T03:00 db']);
});

it('one run that is due right now makes up for those that were missed', async () => {
  const world = await openWorld();
  await world.add({ missed: 'RUN_ONCE' });
  await world.at('2026-05-07T03:00:05Z');
  expect(world.runs).toEqual(['2026-05-07T03:00 db']);
});

it.each(['SKIP', 'RUN_ONCE', 'RUN_ALL'] as const)(
  'a clock that is set forward for days and back again doubles nothing and loses nothing (%s)',
  async (missed) => {
    const world = await openWorld();
    await world.add({ missed, maxCaughtUp: 2 });
    await world.at('2026-05-05T03:00Z');
    world.end();
    await world.at('2026-05-08T12:00Z');
    world.end();
    // Somebody notices.
    await world.at('2026-05-05T03:05Z');
    for (let day = 5; day <= 10; day++) {
      for (const moment of ['02:59', '03:00', '03:01', '12:00'])
        await world.at(`2026-05-${`${day}`.padStart(2, '0')}T${moment}Z`);
      world.end();
    }
    const expected = [5, 6, 7, 8, 9, 10].map((day) => `2026-05-${`${day}`.padStart(2, '0')}T03:00 db`);
    expect([...world.runs].sort()).toEqual(expected);
  },
);

it('a clock that is set back by an hour while it is due does not run it again', async () => {
  const world = await openWorld();
  await world.add({ timing: { kind: 'EVERY', everyMs: 600_000, anchorMs: Date.parse('2026-05-04T12:00Z') } });
  const moments = ['12:10', '12:20', '12:30', '11:35', '12:09', '12:10', '12:21', '12:30', '12:40'];
  for (const moment of moments) {
    await world.at(`2026-05-04T${moment}Z`);
    world.end();
  }
  expect(world.runs).toEqual(['12:10', '12:20', '12:30', '12:40'].map((time) => `2026-05-04T${time} db`));
});

it('a paused schedule waits, and starts with the next due time when it is resumed', async () => {
  const world = await openWorld();
  const id = await world.add({ missed: 'RUN_ALL' });
  await world.store.setPaused(id, true, null, world.nowMs);
  await world.at('2026-05-07T12:00Z');
  expect(world.runs).toEqual([]);
  const { spec } = (await world.store.get(id)) as NonNullable<Awaited<ReturnType<typeof world.store.get>>>;
  await world.store.setPaused(id, false, world.dueTimes.next(spec.timing, world.nowMs), world.nowMs);
  await world.at('2026-05-07T12:01Z');
  expect(world.runs).toEqual([]);
  await world.at('2026-05-08T03:00Z');
  expect(world.runs).toEqual(['2026-05-08T03:00 db']);
});

it('machines are those that match when the time has come', async () => {
  const world = await openWorld();
  world.machines = [
    candidate('web-1'),
    candidate('web-2', 'tier=prod nightly'),
    candidate('db', 'nightly, keep'),
    { ...candidate('web-3', 'nightly'), running: false },
  ];
  await world.add({ name: 'pattern', machines: { kind: 'PATTERN', pattern: 'web-*' } });
  await world.add({ name: 'label', machines: { kind: 'LABEL', label: 'nightly' } });
  await world.add({ name: 'names', machines: { kind: 'NAMES', names: ['db', 'id-db', 'web-3'] } });
  await world.at('2026-05-05T03:00Z');
  const of = (name: string) =>
    world.launched.filter(({ key }) => key.includes(`schedule-${name}:`)).map(({ target }) => target.name);
  expect(of('pattern')).toEqual(['web-1', 'web-2']);
  expect(of('label')).toEqual(['db', 'web-2']);
  expect(of('names')).toEqual(['db', 'web-3']);
});

it('says so when no machine matches', async () => {
  const world = await openWorld();
  await world.add({ machines: { kind: 'PATTERN', pattern: 'none*' } });
  await world.at('2026-05-05T03:00Z');
  expect(await world.events()).toEqual(['NO_MACHINES: no machine that is running matches the selection']);
});

it('waits for a hypervisor that is away, and loses nothing by it', async () => {
  const world = await openWorld();
  await world.add();
  world.isAway = true;
  await world.at('2026-05-05T03:00Z');
  await world.at('2026-05-05T05:00Z');
  expect(world.runs).toEqual([]);
  world.isAway = false;
  await world.at('2026-05-05T05:01Z');
  expect(world.runs).toEqual(['2026-05-05T03:00 db']);
});

it('a machine starts at a moment of its own within the spread, always the same', async () => {
  const world = await openWorld();
  world.machines = Array.from({ length: 50 }, (_, index) => candidate(`m${index}`));
  await world.add({ spreadMs: 3_600_000 });
  await world.at('2026-05-05T03:00Z');
  const atOnce = world.launched.length;
  await world.at('2026-05-05T03:30Z');
  expect(world.launched.length).toBeGreaterThan(atOnce + 10);
  expect(world.launched.length).toBeLessThan(40);
  await world.at('2026-05-05T04:00Z');
  expect(world.launched).toHaveLength(50);
  expect(spreadOf('id-m7', 3_600_000)).toBe(spreadOf('id-m7', 3_600_000));
  expect(spreadOf('id-m7', 0)).toBe(0);
});

it('never more at once than the server allows, nor than the schedule does; the earliest due times come first', async () => {
  const world = await openWorld(3);
  world.machines = Array.from({ length: 5 }, (_, index) => candidate(`m${index}`));
  await world.add({ name: 'one', maxParallel: 1 });
  await world.add({ name: 'two', timing: { kind: 'CRON', cron: '1 3 * * *', timeZone: 'UTC' } });
  const atWork = () => [...world.operations.values()].filter((state) => state === 'RUNNING').length;
  await world.at('2026-05-05T03:00Z');
  expect(atWork()).toBe(1);
  await world.at('2026-05-05T03:01Z');
  expect(atWork()).toBe(3);
  for (let round = 0; round < 6; round++) {
    world.end();
    await world.at(`2026-05-05T03:1${round}Z`);
    expect(atWork()).toBeLessThanOrEqual(3);
  }
  expect(world.launched).toHaveLength(10);
});

it('waits for what passes, and gives up with the reason after six hours', async () => {
  const world = await openWorld();
  const id = await world.add();
  world.answer = () => outcome('LATER', 'ALREADY_ACTIVE', 'a dump is under way');
  await world.at('2026-05-05T03:00Z');
  await world.at('2026-05-05T08:00Z');
  expect((await world.store.runs(id, 1))[0]?.shots[0]?.state).toBe('WAITING');
  await world.at('2026-05-05T09:00:01Z');
  expect((await world.store.runs(id, 1))[0]?.shots[0]).toMatchObject({
    state: 'REFUSED',
    error: { code: 'ALREADY_ACTIVE' },
  });
  expect(await world.events()).toEqual(['REFUSED: a dump is under way']);
});

it('the run that waits for the one before it gives way to the next one', async () => {
  const world = await openWorld();
  const id = await world.add({ timing: { kind: 'EVERY', everyMs: 60_000, anchorMs: world.nowMs } });
  world.answer = () => outcome('LATER', 'ALREADY_ACTIVE', 'a dump is under way');
  for (const moment of ['12:01', '12:02', '12:03']) await world.at(`2026-05-04T${moment}Z`);
  world.answer = () => undefined;
  await world.at('2026-05-04T12:03:30Z');
  expect(world.runs).toEqual(['2026-05-04T12:03 db']);
  const states = (await world.store.runs(id, 5)).map(({ shots }) => shots[0]?.state);
  expect(states).toEqual(['ACCEPTED', 'SKIPPED', 'SKIPPED']);
  const skipped = 'SKIPPED: The run of db is skipped: it was still waiting for the previous run when the next was due';
  expect(await world.events()).toEqual([skipped, skipped]);
});

it('what failed or could not start is told, with the machine', async () => {
  const world = await openWorld();
  await world.add();
  await world.at('2026-05-05T03:00Z');
  world.end('FAILED');
  await world.at('2026-05-05T03:05Z');
  world.answer = () => outcome('REFUSED', 'NOT_RUNNING', 'db is off');
  await world.at('2026-05-06T03:00Z');
  const events = await world.store.events(0, 10);
  expect(events.map(({ type, targetName, message }) => ({ type, targetName, message }))).toEqual([
    { type: 'FAILED', targetName: 'db', message: 'the machine is gone' },
    { type: 'REFUSED', targetName: 'db', message: 'db is off' },
  ]);
});

it('a crash between the start of an operation and its note starts no second one', async () => {
  const world = await openWorld();
  await world.add();
  const { step } = world.store;
  Object.assign(world.store, { step: () => Promise.reject(new Error('killed')) });
  await expect(world.at('2026-05-05T03:00Z')).rejects.toThrow('killed');
  Object.assign(world.store, { step });
  await world.at('2026-05-05T03:01Z');
  expect(world.runs).toEqual(['2026-05-05T03:00 db']);
});

it('what is older than its key is remembered never starts again', async () => {
  const world = await openWorld();
  const id = await world.add();
  world.answer = () => outcome('LATER', 'ALREADY_ACTIVE', 'a dump is under way');
  await world.at('2026-05-05T03:00Z');
  world.answer = () => undefined;
  await world.at('2026-05-12T12:00Z');
  const shots = (await world.store.runs(id, 20)).flatMap((run) => run.shots);
  expect(shots).toMatchObject([{ state: 'REFUSED', error: { code: 'TIMED_OUT' } }]);
});

it('forgets old runs, and never runs them again', async () => {
  const world = await openWorld();
  const id = await world.add();
  for (const day of ['05', '06', '07']) {
    await world.at(`2026-05-${day}T03:00Z`);
    world.end();
    await world.at(`2026-05-${day}T04:00Z`);
  }
  await world.store.prune(Date.parse('2026-05-06T12:00Z'));
  expect(await world.store.runs(id, 10)).toHaveLength(1);
  await world.at('2026-05-05T02:00Z');
  for (const day of ['05', '06', '07', '08']) await world.at(`2026-05-${day}T03:00Z`);
  expect(world.runs).toEqual(['05', '06', '07', '08'].map((day) => `2026-05-${day}T03:00 db`));
});
