import { expect, it } from 'vitest';
import { Guest } from '../../../src/machines/libvirt/guest/guest.ts';
import { checkRegions, readRegions, regionBytes, regionsOf } from '../../../src/machines/libvirt/guest/memory-plan.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

const domain = { name: 'db01', uuid: '00000000-0000-4000-8000-000000000001', id: 7 };
// As QEMU 10.0 prints it, cut short: a guest of 3 GiB, whose second half lies above 4 GiB.
const tree = (shadow = 'pc.ram @00000000000c0000'): string => `FlatView #0
 AS "memory", root: system
 Root memory region: system
  0000000000000000-00000000000bffff (prio 0, ram): pc.ram KVM
  00000000000c0000-00000000000cafff (prio 0, rom): ${shadow} KVM
  00000000fec00000-00000000fec00fff (prio 0, i/o): kvm-ioapic
  0000000100000000-000000013fffffff (prio 0, ram): pc.ram @0000000080000000 KVM
`;

function guestWith(answer: () => string): Guest {
  const links = new ScriptedLinks();
  links.monitorAnswers = { 'human-monitor-command': answer };
  return new Guest(links, domain);
}

it('a plan has the guest’s memory as plain data, and it comes back as it was', async () => {
  const planned = await readRegions(guestWith(() => tree()));
  expect(planned).toEqual([
    { start: '0', end: 'c0000', offset: '0', name: 'pc.ram' },
    { start: 'c0000', end: 'cb000', offset: 'c0000', name: 'pc.ram' },
    { start: '100000000', end: '140000000', offset: '80000000', name: 'pc.ram' },
  ]);
  expect(regionsOf(JSON.parse(JSON.stringify(planned)))[2]).toEqual({
    start: 0x1_0000_0000n,
    end: 0x1_4000_0000n,
    offset: 0x8000_0000n,
    name: 'pc.ram',
  });
  expect(regionBytes(planned)).toBe(0xcb000 + 0x4000_0000);
  expect(regionBytes([])).toBe(0);
});

it('a capture holds if the memory map stayed as planned, and fails if it changed meanwhile', async () => {
  let now = tree();
  const guest = guestWith(() => now);
  const planned = await readRegions(guest);
  await expect(checkRegions(guest, planned)).resolves.toBeUndefined();
  now = tree('pc.bios @0000000000020000');
  await expect(checkRegions(guest, planned)).rejects.toMatchObject({
    code: 'CAPTURE_FAILED',
    hint: expect.stringContaining('Trigger the dump again'),
  });
});
