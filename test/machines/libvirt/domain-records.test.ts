import { beforeEach, describe, expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import { DomainRecords, figure } from '../../../src/machines/libvirt/inventory/domain-records.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { parametersOf } from '../../fakes/libvirt/parameters.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';
import { machineId } from '../../fakes/machines.ts';

interface Known {
  ref: DomainRef;
  values: Record<string, number | string>;
  /** What its XML says, when it says it; an error is libvirt's. */
  title: () => string | Promise<string>;
}

const never = (): Promise<never> => new Promise(() => undefined);
const refusal = (code: LibvirtError['code']) => () => {
  throw new LibvirtError(code, 'refused');
};
const running = { 'state.state': 1, 'state.reason': 1 };

describe('machines by libvirt’s records', () => {
  let links: ScriptedLinks;
  let records: DomainRecords;
  let domains: Known[];
  /** What the statistics are asked for, and of whom. */
  let statsOf: (stats: number, domains: readonly DomainRef[]) => Promise<void> | void;

  const find = ({ uuid }: { uuid: string }): Known => {
    const found = domains.find(({ ref }) => ref.uuid === uuid);
    if (found === undefined) throw new LibvirtError('NO_DOMAIN', 'gone');
    return found;
  };
  const xmlAsked = () => links.asked.filter(({ name }) => name === 'domainGetXmlDesc').length;

  beforeEach(() => {
    fakeTime();
    links = new ScriptedLinks();
    records = new DomainRecords(links.control, links.silent);
    domains = [];
    statsOf = () => undefined;
    links.answers = {
      connectGetAllDomainStats: async ({ domains: wanted, stats }) => {
        await statsOf(stats, wanted);
        const found = wanted.length === 0 ? domains : wanted.map(find);
        return found.map(({ ref, values }) => ({ domain: ref, parameters: parametersOf(values) }));
      },
      domainGetXmlDesc: async ({ domain }) => {
        const title = await find(domain).title();
        return `<domain><title>${title}</title><memory>1024</memory><vcpu>2</vcpu></domain>`;
      },
      domainLookupByUuid: (args) => find(args).ref,
      domainLookupByName: ({ name }) =>
        find({ uuid: domains.find(({ ref }) => ref.name === name)?.ref.uuid ?? '' }).ref,
    };
  });

  function add(number: number, more: Partial<Known> = {}): Known {
    const ref = { name: `vm-${number}`, uuid: machineId(number), id: number };
    const known: Known = { ref, values: running, title: () => 'a title', ...more };
    domains.push(known);
    return known;
  }
  const all = () => passing(records.all());
  const one = (ref: DomainRef) => passing(records.one(ref));

  describe('a machine', () => {
    it('is what the statistics say of it, and its XML for the rest', async () => {
      add(1, { values: { ...running, 'balloon.maximum': 4_096, 'vcpu.current': 8 } });
      add(2);
      expect(await all()).toEqual([
        {
          id: machineId(1),
          name: 'vm-1',
          vmid: '1',
          state: 'RUNNING',
          stateReason: 'booted',
          title: 'a title',
          memoryBytes: 4_096 * 1_024,
          vcpus: 8,
        },
        {
          id: machineId(2),
          name: 'vm-2',
          vmid: '2',
          state: 'RUNNING',
          stateReason: 'booted',
          title: 'a title',
          memoryBytes: 1_048_576,
          vcpus: 2,
        },
      ]);
    });

    it('has a number while it is on, and no state where none is told', async () => {
      const off = add(1, { values: { 'state.state': 5, 'state.reason': 1 } });
      const ending = add(2);
      ending.ref = { ...ending.ref, id: -1 };
      const first = add(3);
      first.ref = { ...first.ref, id: 0 };
      add(4, { values: {} });
      expect((await all()).map(({ vmid, state, stateReason }) => [vmid, state, stateReason])).toEqual([
        [null, 'SHUT_OFF', 'shutdown'],
        [null, 'RUNNING', 'booted'],
        ['0', 'RUNNING', 'booted'],
        [null, 'UNKNOWN', null],
      ]);
      expect(off.ref.id).toBe(1);
    });

    it('is asked for in one call with all others: state, balloon and processors, waiting for none', async () => {
      add(1);
      await all();
      expect(links.asked[0]).toEqual({
        link: 'control',
        name: 'connectGetAllDomainStats',
        args: { domains: [], stats: 1 + 4 + 8, flags: 2 ** 29 },
      });
    });

    it('is asked for by itself in the same way, and for its XML without secrets', async () => {
      const { ref } = add(1);
      await one(ref);
      expect(links.asked).toEqual([
        {
          link: 'control',
          name: 'connectGetAllDomainStats',
          args: { domains: [ref], stats: 1 + 4 + 8, flags: 2 ** 29 },
        },
        { link: 'control', name: 'domainGetXmlDesc', args: { domain: ref, flags: 0 } },
      ]);
    });

    it('is none once libvirt has no such domain, whoever says so', async () => {
      const { ref } = add(1, { title: refusal('NO_DOMAIN') });
      add(2);
      expect((await all()).map(({ name }) => name)).toEqual(['vm-2']);
      expect(await one(ref)).toBeNull();
      domains = [];
      expect(await one(ref)).toBeNull();
      links.answers = { ...links.answers, connectGetAllDomainStats: () => [] };
      expect(await one(ref)).toBeNull();
    });

    it('is not “none” because libvirt refuses to describe it: the statistics are shown', async () => {
      const { ref } = add(1, { title: refusal('INTERNAL_ERROR') });
      expect(await one(ref)).toMatchObject({ name: 'vm-1', state: 'RUNNING', title: null });
      expect(await all()).toHaveLength(1);
      await expect(records.described(ref)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    });

    it('is not “none” because nobody answers', async () => {
      const { ref } = add(1, { title: refusal('CONNECTION_LOST') });
      await expect(one(ref)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      await expect(all()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      statsOf = refusal('CONNECTION_LOST');
      await expect(one(ref)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      expect(links.names.filter((name) => name === 'connectGetAllDomainStats')).toHaveLength(3);
    });

    it('is found by its id or name, or is not there', async () => {
      const { ref } = add(1);
      expect(await records.lookup(ref.uuid)).toEqual(ref);
      expect(await records.lookupName('vm-1')).toEqual(ref);
      expect(await records.lookup(machineId(9))).toBeNull();
      expect(await records.lookupName('vm-9')).toBeNull();
      links.answers = { domainLookupByUuid: refusal('INTERNAL_ERROR') };
      await expect(records.lookup(ref.uuid)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    });
  });

  describe('a description', () => {
    it('is kept until something says that it changed', async () => {
      let title = 'first';
      const { ref } = add(1, { title: () => title });
      add(2);
      await all();
      await all();
      expect(xmlAsked()).toBe(2);
      title = 'second';
      records.forget(ref.uuid);
      expect((await one(ref))?.title).toBe('second');
      expect((await all()).map((machine) => machine.title)).toEqual(['second', 'a title']);
      expect(xmlAsked()).toBe(3);
      records.forget();
      await all();
      expect(xmlAsked()).toBe(5);
    });

    it('is of one run: a machine that was started again may be another', async () => {
      const known = add(1);
      await all();
      known.ref = { ...known.ref, id: 9 };
      await all();
      expect(xmlAsked()).toBe(2);
    });

    it('goes with its machine', async () => {
      const known = add(1, { title: () => 'first' });
      await all();
      domains = [];
      expect(await all()).toEqual([]);
      domains = [{ ...known, title: never }];
      expect((await all())[0]?.title).toBeNull();
    });

    it('is asked for anew before a capture', async () => {
      const { ref } = add(1);
      await all();
      expect(await passing(records.described(ref))).toMatchObject({ title: 'a title', vcpus: 2 });
      expect(xmlAsked()).toBe(2);
      domains = [];
      expect(await passing(records.described(ref))).toBeNull();
    });

    it('that makes no sense hides no other machine, and is an error for whoever captures', async () => {
      const { ref } = add(1, { title: () => '</title>' });
      add(2, { title: () => 'the other' });
      expect(await all()).toMatchObject([
        { name: 'vm-1', title: null },
        { name: 'vm-2', title: 'the other' },
      ]);
      // Not asked for with every list.
      await all();
      expect(xmlAsked()).toBe(2);
      await expect(records.described(ref)).rejects.toThrow(SyntaxError);
    });
  });

  describe('a guest that does not respond', () => {
    it('is described as what it was last after five seconds, and is not asked again for a minute', async () => {
      const known = add(1, { title: () => 'as it was' });
      await all();
      records.forget();
      // It answers in the end, a second after it was given up.
      known.title = () => new Promise((resolve) => setTimeout(() => resolve('late'), 6_000));
      expect((await all())[0]?.title).toBe('as it was');
      expect(performance.now()).toBe(5_000);
      await passing(new Promise((resolve) => setTimeout(resolve, 59_999)));
      known.title = () => 'it responds';
      expect((await all())[0]?.title).toBe('as it was');
      expect(xmlAsked()).toBe(2);
      await passing(new Promise((resolve) => setTimeout(resolve, 1)));
      expect((await all())[0]?.title).toBe('it responds');
      expect(xmlAsked()).toBe(3);
    });

    it('is not asked again while it owes an answer, and is shown as it was', async () => {
      const known = add(1);
      await all();
      records.forget();
      known.title = never;
      await all();
      expect((await passing(records.described(known.ref)))?.title).toBe('a title');
      expect(xmlAsked()).toBe(2);
    });

    it('that never said anything is a machine of which nothing is known', async () => {
      const { ref } = add(1, { title: never });
      expect(await all()).toEqual([
        {
          id: machineId(1),
          name: 'vm-1',
          vmid: '1',
          state: 'RUNNING',
          stateReason: 'booted',
          title: null,
          memoryBytes: 0,
          vcpus: 0,
        },
      ]);
      expect(await passing(records.described(ref))).toEqual({
        title: null,
        memoryBytes: 0,
        vcpus: 0,
        architecture: 'unknown',
        deviceStateBytes: 0,
        owner: null,
        snapshotObstacles: [],
        memoryObstacles: [],
      });
    });

    it('is not shown as what it was in an earlier run', async () => {
      const known = add(1);
      await all();
      known.ref = { ...known.ref, id: 9 };
      known.title = never;
      expect((await all())[0]?.title).toBeNull();
    });

    it('is listed by its state alone after ten seconds: that libvirt knows itself', async () => {
      const { ref } = add(1, { values: { ...running, 'vcpu.current': 8 } });
      statsOf = (stats) => (stats === 1 ? undefined : never());
      expect(await all()).toHaveLength(1);
      expect(performance.now()).toBe(10_000);
      expect(links.asked.filter(({ name }) => name === 'connectGetAllDomainStats').map(({ args }) => args)).toEqual([
        { domains: [], stats: 13, flags: 2 ** 29 },
        { domains: [], stats: 1, flags: 2 ** 29 },
      ]);
      // And by itself: from then on it owes an answer, and is asked for nothing that goes through its QEMU.
      expect(await one(ref)).toMatchObject({ state: 'RUNNING' });
      expect(performance.now()).toBe(20_000);
      expect(links.silent.has(ref.uuid)).toBe(true);
      expect(await one(ref)).toMatchObject({ state: 'RUNNING' });
      expect(performance.now()).toBe(20_000);
      expect(links.asked.at(-1)?.args).toEqual({ domains: [ref], stats: 1, flags: 2 ** 29 });
    });

    it('is given up sooner where every call has a shorter limit', async () => {
      records = new DomainRecords(links.control, links.silent, 500);
      add(1, { title: never });
      statsOf = (stats) => (stats === 1 ? undefined : never());
      await all();
      expect(performance.now()).toBe(1_000);
    });
  });
});

it('a figure is a number, however it is carried; a text or a flag is none', () => {
  const values = new Map<string, number | bigint | boolean | string>([
    ['int', 3],
    ['big', 4n],
    ['text', '5'],
    ['flag', true],
  ]);
  expect(['int', 'big', 'text', 'flag', 'missing'].map((name) => figure(values, name))).toEqual([
    3,
    4,
    null,
    null,
    null,
  ]);
});
