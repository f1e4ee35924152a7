import { expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { isOfGuestEnd } from '../../../src/machines/libvirt/guest/capture-parts.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

const domain = { name: 'db01', uuid: '00000000-0000-4000-8000-000000000001', id: 7 };
const refusal = new LibvirtError('OPERATION_FAILED', 'unable to connect to monitor');

/** What libvirt says of the guest, look by look; the last again and again. */
function looks(...said: (number | LibvirtError['code'])[]) {
  const links = new ScriptedLinks();
  links.answers = {
    domainLookupByUuid: () => {
      const next = said.length > 1 ? said.shift() : said[0];
      if (typeof next === 'number') return { ...domain, id: next };
      throw new LibvirtError(next as LibvirtError['code'], 'no');
    },
  };
  const ask = (error: unknown, vmid = '7') => passing(isOfGuestEnd(links.control, domain.uuid, vmid, error));
  return { links, ask };
}

it('an error came of the guest’s end if the guest is gone, was started anew or is off', async () => {
  fakeTime();
  for (const gone of ['NO_DOMAIN', 8, -1] as const) {
    expect(await looks(gone).ask(refusal)).toBe(true);
    expect(await looks(gone).ask(new Error('reading broke off'))).toBe(true);
  }
});

it('it did not if the guest is there, or if libvirt cannot say', async () => {
  fakeTime();
  expect(await looks(7).ask(refusal)).toBe(false);
  expect(await looks('CONNECTION_LOST').ask(refusal)).toBe(false);
});

it('what libvirt refused is looked at for a second: it may say so before it has noticed the end', async () => {
  fakeTime();
  const noticed = looks(7, 7, 7, 'NO_DOMAIN');
  expect(await noticed.ask(refusal)).toBe(true);
  expect(performance.now()).toBe(600);
  const alive = looks(7);
  expect(await alive.ask(refusal)).toBe(false);
  expect(alive.links.names).toHaveLength(5);
  expect(performance.now()).toBe(1_400);
});

it('an error of our own is looked at once', async () => {
  fakeTime();
  const { links, ask } = looks(7, 'NO_DOMAIN');
  expect(await ask(new Error('the disk is full'))).toBe(false);
  expect(links.names).toHaveLength(1);
});
