import { describe, expect, it } from 'vitest';
import {
  isOver,
  mayBeOurPause,
  stateObstacle,
  survivesInterruption,
  versionText,
} from '../../../src/machines/libvirt/guest/guest.ts';

const qemu = (major: number, minor: number) => ({ major, minor, micro: 0 });

// The forecast of a machine and the look right before its capture ask this one function.
it('a snapshot leaves a paused guest paused from QEMU 9.0 on, and is refused before', () => {
  expect(stateObstacle('PAUSED', qemu(10, 0))).toBeNull();
  expect(stateObstacle('PAUSED', qemu(9, 0))).toBeNull();
  expect(stateObstacle('PAUSED', qemu(8, 2))).toMatch(/^It is paused, and its QEMU 8\.2\.0 may set it running/);
  expect(stateObstacle('RUNNING', qemu(7, 2))).toBeNull();
});

it('a snapshot wakes a guest that is asleep, whatever its QEMU, and takes one that waits as it is', () => {
  expect(stateObstacle('SUSPENDED', qemu(10, 0))).toMatch(/^It is asleep/);
  expect(stateObstacle('SHUTTING_DOWN', qemu(10, 0))).toMatch(/^It is shutting down/);
  expect(stateObstacle('BLOCKED', qemu(7, 2))).toBeNull();
});

it.each([
  [7, 2, false],
  [7, 9, false],
  [8, 0, false],
  [8, 1, true],
  [8, 2, true],
  [9, 0, true],
  [10, 0, true],
])('an interrupted snapshot leaves the guest running from QEMU 8.1 on: %i.%i', (major, minor, survives) => {
  expect(survivesInterruption(qemu(major, minor))).toBe(survives);
});

it('a version is shown as QEMU has it', () => {
  expect(versionText({ major: 8, minor: 2, micro: 1 })).toBe('8.2.1');
});

it.each([
  ['none', true],
  ['completed', true],
  ['failed', true],
  ['cancelled', true],
  ['setup', false],
  ['active', false],
  ['cancelling', false],
  ['something new', false],
])('a migration is over or counts as one that runs: %s', (status, over) => {
  expect(isOver({ status, error: null, totalBytes: 0, remainingBytes: 0, blockedReasons: [] })).toBe(over);
});

describe('a pause', () => {
  it.each([
    ['with no reason', 3, 0, true],
    ['for a dump', 3, 4, true],
    ['by a user', 3, 1, false],
    ['for a migration', 3, 2, false],
    ['for a save', 3, 3, false],
    ['after an I/O error', 3, 5, false],
    ['for libvirt’s own snapshot', 3, 9, false],
    ['that is none: it runs', 1, 0, false],
    ['that is none: it sleeps', 7, 0, false],
  ])('%s may be one of ours, or is not', (_of, state, reason, ours) => {
    expect(mayBeOurPause({ state, reason })).toBe(ours);
  });
});
