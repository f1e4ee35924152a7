import { expect, it } from 'vitest';
import type { Operation } from '../../src/operations/operation.ts';
import { ProgressBoard } from '../../src/operations/progress-board.ts';
import { Rate } from '../../src/operations/rate.ts';

it('a rate forgets half of what was within two seconds', () => {
  const rate = new Rate();
  for (let ms = 0; ms <= 10_000; ms += 100) rate.update(ms, ms);
  expect(rate.bytesPerSecond).toBeCloseTo(1000);
  for (let ms = 10_100; ms <= 12_000; ms += 100) rate.update(10_000, ms);
  expect(rate.bytesPerSecond).toBeCloseTo(500);
});

it('an answer of the journal that was overtaken by a newer one changes nothing', async () => {
  const board = new ProgressBoard();
  const operation = (seq: number, message: string) =>
    ({ id: '1', kind: 'TOY', subjects: ['a'], state: 'RUNNING', seq, message }) as unknown as Operation;
  board.update(operation(7, 'newer'));
  const { stream } = board.watch({});
  board.update(operation(6, 'older'));
  expect(await stream.next()).toMatchObject({ value: { operation: { message: 'newer' } } });
  board.end();
});
