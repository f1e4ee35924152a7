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

it('a rate says nothing before it has seen movement, and begins again where the count does', () => {
  const rate = new Rate();
  rate.update(5_000, 0);
  rate.update(9_000, 49);
  expect(rate.bytesPerSecond).toBe(null);
  rate.update(5_100, 100);
  expect(rate.bytesPerSecond).toBeCloseTo(1000);
  rate.update(0, 200);
  rate.update(100, 300);
  expect(rate.bytesPerSecond).toBeCloseTo(1000);
});

it('a rate looks at no less than 50 ms', () => {
  const rate = new Rate();
  rate.update(0, 0);
  rate.update(100, 50);
  expect(rate.bytesPerSecond).toBeCloseTo(2000);
});

it('tells how fast an operation moves', async () => {
  const board = new ProgressBoard();
  const operation = { id: '1', kind: 'TOY', subjects: ['a'], state: 'RUNNING', seq: 1 } as unknown as Operation;
  board.update(operation);
  let doneBytes = 0;
  const rate = () => {
    board.progress('1', { doneBytes: ++doneBytes, totalBytes: 1_000_000 });
    return board.live(operation).bytesPerSecond;
  };
  await expect.poll(rate, { interval: 10 }).toBeGreaterThan(0);
  board.end();
});

it('tells how long an operation still takes, where its end is known', async () => {
  const board = new ProgressBoard();
  const operation = { id: '1', kind: 'TOY', subjects: ['a'], state: 'RUNNING', seq: 1 } as unknown as Operation;
  board.update(operation);
  expect(board.live(operation)).toMatchObject({ progress: null, secondsLeft: null });
  let doneBytes = 0;
  const live = (totalBytes: number | null) => {
    board.progress('1', { doneBytes: ++doneBytes, totalBytes });
    return board.live(operation);
  };
  await expect.poll(() => live(null).bytesPerSecond, { interval: 10 }).toBeGreaterThan(0);
  expect(live(null).secondsLeft).toBe(null);
  const { bytesPerSecond, secondsLeft } = live(doneBytes + 501);
  expect(secondsLeft).toBe(500 / Number(bytesPerSecond));
  board.progress('1', { doneBytes: doneBytes + 1, totalBytes: doneBytes });
  expect(board.live(operation).secondsLeft).toBe(0);
  expect(board.live({ ...operation, state: 'COMPLETED' } as Operation).secondsLeft).toBe(null);
  board.end();
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

it('tells at once of an operation that it hears of for the first time', async () => {
  const board = new ProgressBoard();
  const operation = { id: '1', kind: 'TOY', subjects: ['a'], state: 'QUEUED', seq: 1 } as unknown as Operation;
  const { stream } = board.watch({});
  board.update(operation);
  for await (const live of stream) {
    expect(live.operation).toBe(operation);
    break;
  }
  board.end();
});
