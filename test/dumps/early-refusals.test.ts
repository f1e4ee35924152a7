import { afterEach, expect, it, vi } from 'vitest';
import type { ErrorCode } from '../../src/domain/error-catalogue.ts';
import { MemoirError } from '../../src/domain/memoir-error.ts';
import { earlyRefusals } from '../../src/dumps/early-refusals.ts';
import { FakeHypervisor, machine } from '../fakes/machines.ts';

afterEach(() => void vi.useRealTimers());

const machines = Array.from({ length: 20 }, (_, number) => machine(number));

function ask(plan: (number: number) => Promise<unknown>, asked = machines) {
  const hypervisor = new FakeHypervisor([]);
  hypervisor.plan = ((one: (typeof machines)[0]) => plan(machines.indexOf(one))) as never;
  return earlyRefusals(hypervisor, asked, 'AUTO', {});
}

it('what will not have gone away by itself a moment later is refused at once, and nothing else', async () => {
  const codes: ErrorCode[] = ['NOT_RUNNING', 'METHOD_UNAVAILABLE', 'MACHINE_BUSY', 'PAUSE_TOO_LONG', 'GUEST_FROZEN'];
  const others = [new MemoirError('HYPERVISOR_UNAVAILABLE', 'away'), new TypeError('not foreseen')];
  const failures = [...codes.map((code) => new MemoirError(code, 'no')), ...others];
  const refusals = await ask(async (number) => {
    if (failures[number]) throw failures[number];
  });
  expect([...refusals.keys()]).toEqual(machines.slice(0, 5).map(({ id }) => id));
  expect([...refusals.values()].map(({ code }) => code)).toEqual(codes);
});

it('machines are asked eight at a time', async () => {
  let [now, most, all] = [0, 0, 0];
  await ask(async () => {
    now += 1;
    all += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
  });
  expect([most, all]).toEqual([8, 20]);
});

it('a guest that does not respond holds a trigger for three seconds, and its own answer does not count then', async () => {
  vi.useFakeTimers();
  const answers = machines.map(() => Promise.withResolvers<void>());
  const asked: number[] = [];
  const pending = ask((number) => {
    asked.push(number);
    return answers[number]?.promise ?? Promise.resolve();
  });
  answers[0]?.reject(new MemoirError('MACHINE_BUSY', 'busy'));
  await vi.advanceTimersByTimeAsync(2_999);
  let isOver = false;
  void pending.then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  const refusals = await pending;
  expect([...refusals.keys()]).toEqual([machines[0]?.id]);
  // The others are neither waited for nor asked any more.
  for (const answer of answers.slice(1, 9)) answer.reject(new MemoirError('MACHINE_BUSY', 'busy'));
  await vi.advanceTimersByTimeAsync(0);
  expect(refusals.size).toBe(1);
  expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
