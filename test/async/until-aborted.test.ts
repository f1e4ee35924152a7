import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { deadline } from '../../src/async/deadline.ts';
import { pause } from '../../src/async/pause.ts';
import { untilAborted } from '../../src/async/until-aborted.ts';

const never = new Promise<never>(() => undefined);
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

it('waiting ends with the work, or with the signal’s reason, and leaves no listener behind', async () => {
  const controller = new AbortController();
  expect(await untilAborted(Promise.resolve(1), controller.signal)).toBe(1);
  expect(await untilAborted(Promise.resolve(2), undefined)).toBe(2);
  await expect(untilAborted(Promise.reject(new Error('failed')), controller.signal)).rejects.toThrow('failed');
  expect(listeners(controller.signal)).toBe(0);
  const waiting = untilAborted(never, controller.signal, (reason) => new Error(`because ${reason}`));
  expect(listeners(controller.signal)).toBe(1);
  controller.abort('enough');
  await expect(waiting).rejects.toThrow('because enough');
  expect(listeners(controller.signal)).toBe(0);
});

it('waiting for what is there already ends all the same when the signal was aborted before', async () => {
  await expect(untilAborted(Promise.resolve(1), AbortSignal.abort('before'))).rejects.toBe('before');
  await expect(untilAborted(Promise.reject(new Error('late')), AbortSignal.abort('before'))).rejects.toBe('before');
});

it('a deadline gives its own reason when it is late, the other’s when that was first, and no timer stays', async () => {
  const late = () => new Error('late');
  using short = deadline({ ms: 1, late });
  await expect(untilAborted(never, short.signal)).rejects.toThrow('late');

  const outer = new AbortController();
  using limit = deadline({
    ms: 2 ** 30,
    late,
    outer: outer.signal,
    ended: (reason) => new Error(`${reason} came first`),
  });
  outer.abort('someone');
  expect(limit.signal.reason).toMatchObject({ message: 'someone came first' });
  using over = deadline({ ms: 2 ** 30, late, outer: AbortSignal.abort('before') });
  expect(over.signal.reason).toBe('before');
  const quiet = new AbortController();
  deadline({ ms: 2 ** 30, late, outer: quiet.signal })[Symbol.dispose]();
  expect(listeners(quiet.signal)).toBe(0);
});

it('a pause ends with any of its signals', async () => {
  const controller = new AbortController();
  const pausing = pause(2 ** 30, new AbortController().signal, controller.signal);
  controller.abort();
  await pausing;
  await pause(2 ** 30, controller.signal);
  expect(listeners(controller.signal)).toBe(0);
});
