import { expect, it } from 'vitest';
import { memoir } from '../fakes/command-line.ts';
import { startTestServer } from '../fakes/server.ts';

it('memoir schedules creates, lists, pauses, resumes and removes a schedule, and shows due times beforehand', async () => {
  const { url } = await startTestServer();
  const schedules = (...args: string[]) => memoir(url, ['schedules', ...args]);
  const due = await schedules('due', '--cron', '30 2 * * *', '--zone', 'Europe/Berlin');
  expect(due.out.trim().split('\n')).toHaveLength(10);
  const added = await schedules('add', 'nightly', '--cron', '30 2 * * *', '--zone', 'Europe/Berlin', '--match', 'vm-*');
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/^nightly created\. Next: \d{4}-/) });
  expect((await schedules()).out).toMatch(/nightly +30 2 \* \* \* Europe\/Berlin +vm-\* +\d{4}-/);
  expect((await schedules('pause', 'nightly')).out).toBe('nightly paused. Next: paused\n');
  expect((await schedules('resume', 'nightly')).out).toMatch(/^nightly resumed\. Next: \d{4}-/);
  expect((await schedules('add', 'nightly', '--every', '3600')).code).toBe(1);
  expect((await schedules('remove', 'nightly')).code).toBe(0);
  expect(JSON.parse((await memoir(url, ['--json', 'schedules'])).out)).toEqual([]);
});

it('memoir schedules refuses what makes no sense', async () => {
  const { url } = await startTestServer();
  const schedules = (...args: string[]) => memoir(url, ['schedules', ...args]);
  expect(await schedules('due')).toMatchObject({ code: 2, told: expect.stringContaining('--cron or --every') });
  expect((await schedules('due', '--cron', 'every day')).code).toBe(2);
  expect((await schedules('due', '--cron', '0 0 * * *', '--zone', 'Mars/Olympus')).code).toBe(2);
  expect((await schedules('pause', 'nope')).told).toContain('there is no schedule nope');
});

it('memoir retention removes nothing where there is no policy, and says so', async () => {
  const { url } = await startTestServer();
  expect(await memoir(url, ['retention'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('0 would go (0 B)'),
  });
  expect((await memoir(url, ['hold', '01990000-0000-7000-8000-000000000000', '--reason', 'evidence'])).code).toBe(1);
});
