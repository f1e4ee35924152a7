import { describe, expect, it } from 'vitest';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { pauseLimit } from '../../src/dumps/pause-limit.ts';
import { startDumpWorld } from '../fakes/dump-world.ts';

describe('the longest pause', () => {
  it.each([
    // choice, wanted by the caller, MAX_PAUSE → limit
    ['AUTO', undefined, null, 30_000],
    ['AUTO', undefined, 120_000, 120_000],
    ['AUTO', 5_000, 120_000, 5_000],
    ['AUTO', 300_000, 120_000, 120_000],
    ['AUTO', 2 ** 31 - 1, null, 2 ** 31 - 1],
    ['CORE_DUMP', undefined, 120_000, null],
    ['CORE_DUMP', 5_000, 120_000, 5_000],
  ] as const)('for %s with %s wanted and MAX_PAUSE %s is %s', (choice, wanted, configured, limit) => {
    expect(pauseLimit(choice, wanted, configured)).toBe(limit);
  });
});

describe('a trigger', () => {
  it('refuses at once what would pause for too long, and a method by name passes', async () => {
    const { trigger, operations } = await startDumpWorld();
    const { accepted, rejected } = await trigger(['web-01'], { maxPauseMs: 1 });
    expect(accepted).toEqual([]);
    expect(rejected).toMatchObject([{ error: { code: 'PAUSE_TOO_LONG' } }]);
    const named = await trigger(['web-01'], { method: 'SNAPSHOT' });
    expect(named.accepted).toHaveLength(1);
    await operations.settled(named.accepted[0]?.id ?? '');
  });

  it('refuses at once a machine that someone else is at, and repeats an earlier answer all the same', async () => {
    const { trigger, hypervisor, operations } = await startDumpWorld();
    const first = await trigger(['web-01'], { idempotencyKey: 'one' });
    const id = first.accepted[0]?.id ?? '';
    await operations.settled(id);
    hypervisor.plan = () => Promise.reject(new MemoirError('MACHINE_BUSY', 'libvirt is running a save'));
    const second = await trigger(['web-01']);
    expect(second.rejected).toMatchObject([{ error: { code: 'MACHINE_BUSY' } }]);
    const repeated = await trigger(['web-01'], { idempotencyKey: 'one' });
    expect(repeated.accepted.map((operation) => operation.id)).toEqual([id]);
    expect(repeated.rejected).toEqual([]);
  });
});
