import { expect, it } from 'vitest';
import { threadPoolSize } from '../src/config.ts';
import { parallelFrames } from '../src/dumps/pipeline/dump-sink.ts';

it('compressors are as many as cores, and files have threads of their own beside them', () => {
  expect([1, 2, 8, 64].map(parallelFrames)).toEqual([2, 2, 8, 16]);
  expect([1, 2, 8, 128].map(threadPoolSize)).toEqual([4, 4, 10, 64]);
});
