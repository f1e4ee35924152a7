import { expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import { FormatError } from '../../../src/formats/format-error.ts';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { isAway, isGone, toFailure } from '../../../src/machines/libvirt/failure.ts';

it('what is ours already stays as it is', () => {
  const own = new MemoirError('NO_SPACE', 'no room');
  expect(toFailure(own, 'capturing')).toBe(own);
  expect(toFailure(new LibvirtError('ABORTED', 'aborted', { cause: own }), 'capturing')).toBe(own);
});

it.each([
  ['NO_DOMAIN', 'GUEST_GONE'],
  ['CONNECTION_LOST', 'HYPERVISOR_UNAVAILABLE'],
  ['TIMEOUT', 'HYPERVISOR_UNAVAILABLE'],
  ['OPERATION_FAILED', 'HYPERVISOR_REFUSED'],
  ['ABORTED', 'HYPERVISOR_REFUSED'],
] as const)('libvirt’s %s is our %s, with what was being done and libvirt’s own code', (code, ours) => {
  const error = new LibvirtError(code, 'libvirt’s words');
  const failure = toFailure(error, 'capturing "web"');
  expect(failure).toMatchObject({
    code: ours,
    message: 'capturing "web": libvirt’s words',
    cause: error,
    details: { libvirt: code },
  });
  expect(failure.hint).not.toBe('');
});

it('libvirt’s advice is kept, and a missing domain is what whoever asked calls it', () => {
  expect(toFailure(new LibvirtError('OPERATION_FAILED', 'x', { mend: 'Do this.' }), 'y').hint).toBe('Do this.');
  expect(toFailure(new LibvirtError('NO_DOMAIN', 'x'), 'y', 'NOT_FOUND').code).toBe('NOT_FOUND');
});

it('bytes that are not understood are a broken stream, with the place', () => {
  const failure = toFailure(new FormatError('UNSUPPORTED', 77, 'a section'), 'the stream');
  expect(failure).toMatchObject({ code: 'STREAM_INVALID', details: { fault: 'UNSUPPORTED', offset: 77 } });
  expect(failure.message).toContain('the stream: ');
});

it('anything else is a fault of ours, whatever was thrown', () => {
  expect(toFailure(new Error('oops'), 'here')).toMatchObject({ code: 'INTERNAL', message: 'here: oops' });
  expect(toFailure('oops', 'here')).toMatchObject({ code: 'INTERNAL', message: 'here: oops' });
});

it('nobody answers, and a guest that is gone, are told apart from every other failure', () => {
  const errors = [
    new LibvirtError('NOT_CONNECTED', ''),
    new LibvirtError('NO_DOMAIN', ''),
    new LibvirtError('OPERATION_FAILED', ''),
    new MemoirError('GUEST_GONE', ''),
  ];
  expect(errors.map((error) => [isAway(error), isGone(error)])).toEqual([
    [true, false],
    [false, true],
    [false, false],
    [false, false],
  ]);
});
