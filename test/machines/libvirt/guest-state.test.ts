import { expect, it } from 'vitest';
import { stateObstacle } from '../../../src/machines/libvirt/guest/guest.ts';

const qemu = (major: number, minor: number) => ({ major, minor, micro: 0 });

// The forecast of a machine and the look right before its capture ask this one function.
it('a snapshot leaves a paused guest paused from QEMU 9.0 on, and is refused before', () => {
  expect(stateObstacle('PAUSED', qemu(10, 0))).toBeNull();
  expect(stateObstacle('PAUSED', qemu(9, 0))).toBeNull();
  expect(stateObstacle('PAUSED', qemu(8, 2))).toMatch(/^It is paused, and its QEMU 8\.2\.0 may set it running/);
  expect(stateObstacle('RUNNING', qemu(7, 2))).toBeNull();
});
