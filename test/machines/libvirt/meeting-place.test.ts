import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { fitsSocket, privatePlace, socketIn } from '../../../src/machines/libvirt/meeting-place.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

it('a place is a folder that nobody can guess, in the first that can be written to', () => {
  const folder = temporaryFolder();
  const [first, second] = [1, 2].map(() => privatePlace('memory.sock', [join(folder, 'none'), folder]));
  expect(dirname(first?.folder ?? '')).toBe(folder);
  expect(first?.path).toBe(join(first?.folder ?? '', 'memory.sock'));
  expect(first?.folder).toMatch(/\/memoir-[0-9a-f]{24}$/);
  expect(first?.folder).not.toBe(second?.folder);
  expect(dirname(privatePlace('memory.sock', [join(folder, 'none')]).folder)).toBe(tmpdir());
});

it('a socket’s path has at most 107 bytes', () => {
  const own = '/memoir-0123456789abcdef01234567.sock'.length;
  const folder = (bytes: number): string => `/${'é'.repeat((bytes - 1) / 2)}`;
  expect(socketIn(folder(107 - own - ((107 - own - 1) % 2)))).toMatch(/^\/é+\/memoir-[0-9a-f]{24}\.sock$/);
  expect(socketIn(`/${'x'.repeat(106 - own)}`)).toHaveLength(107);
  expect(socketIn(`/${'x'.repeat(107 - own)}`)).toBeNull();
  expect(socketIn(folder(109 - own - ((109 - own - 1) % 2)))).toBeNull();
  expect([107, 108].map((bytes) => fitsSocket({ folder: '', path: 'x'.repeat(bytes) }))).toEqual([true, false]);
  expect(fitsSocket({ folder: '', path: 'é'.repeat(54) })).toBe(false);
});
