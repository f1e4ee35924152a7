import { expect, it } from 'vitest';
import { afterEffects } from '../../src/operations/after-effects.ts';
import type { Journal } from '../../src/operations/journal.ts';

it('tells of a change with effects when it is durable, and of no other', async () => {
  const told: string[] = [];
  let durable = Promise.withResolvers<never>();
  const change = () => durable.promise;
  const journal = afterEffects({ transition: change, note: change } as unknown as Journal, () => told.push('told'));
  const effects = [{ type: 'test', payload: null }];
  const note = { id: '1', type: 'NOTED', message: '', atMs: 1, payload: null } as const;
  const step = { id: '1', from: 'RUNNING', to: 'COMPLETED', atMs: 1 } as const;

  for (const write of [() => journal.transition({ ...step, effects }), () => journal.note({ ...note, effects })]) {
    durable = Promise.withResolvers<never>();
    const written = write();
    expect(told).toEqual([]);
    durable.resolve(undefined as never);
    await written;
    expect(told.splice(0)).toEqual(['told']);
  }
  await journal.transition(step);
  await journal.transition({ ...step, effects: [] });
  durable = Promise.withResolvers<never>();
  durable.reject(new Error('full'));
  await expect(journal.transition({ ...step, effects })).rejects.toThrow('full');
  expect(told).toEqual([]);
});
