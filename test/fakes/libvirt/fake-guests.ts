import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import { FakeGuest, type FakeGuestOptions } from './fake-guest.ts';
import type { FakeLibvirtd } from './fake-libvirtd.ts';
import { FakePools } from './fake-pools.ts';
import { FakeFailure, type Handlers, onlyFlags } from './handlers.ts';

/** The QEMU driver of a fake daemon: guests that can be listed, measured and captured, and storage pools beside them. */
export class FakeGuests {
  readonly daemon: FakeLibvirtd;
  readonly pools: FakePools;
  /** The driver's name. */
  driver = 'QEMU';
  readonly #guests = new Map<string, FakeGuest>();
  #lastNumber = 0;

  constructor(daemon: FakeLibvirtd) {
    this.daemon = daemon;
    this.pools = new FakePools(daemon.hypervisor.volumes);
    daemon.overrides = this.handlers;
  }

  add(name: string, options: FakeGuestOptions = {}): FakeGuest {
    const ref = this.daemon.hypervisor.addDomain(name, ++this.#lastNumber);
    const guest = new FakeGuest(this.daemon.hypervisor, this.pools, ref, options);
    this.#guests.set(ref.uuid, guest);
    return guest;
  }

  /** Its definition is gone. */
  remove({ ref }: FakeGuest): void {
    this.#guests.delete(ref.uuid);
    this.daemon.hypervisor.domains.delete(ref.uuid);
    this.daemon.hypervisor.emit('lifecycle', ref, { event: 1, detail: 0 });
  }

  /** What harmed a guest or its host, and what was against the protocol; nothing is as it should be. */
  get harm(): string[] {
    const harmed = [...this.#guests.values()].flatMap(({ qemu, ref }) =>
      qemu.harm.map((what) => `${ref.name}: ${what}`),
    );
    return [...this.daemon.violations, ...harmed];
  }

  get handlers(): Handlers {
    const guestOf = ({ uuid }: Pick<DomainRef, 'uuid'>): FakeGuest => {
      const guest = this.#guests.get(uuid);
      if (guest === undefined) throw new FakeFailure(42, `Domain not found: no domain with matching uuid '${uuid}'`);
      return guest;
    };
    return {
      ...this.pools.handlers,
      connectGetType: () => this.driver,
      connectGetVersion: () => 10_000_002n,
      connectListAllDomains: ({ flags }) => {
        const domains = [...this.#guests.values()].filter(({ isOn }) => flags !== 1 || isOn).map(({ ref }) => ref);
        return { domains, count: domains.length };
      },
      domainLookupByUuid: (domain) => guestOf(domain).ref,
      domainGetXmlDesc: ({ domain, flags }) => {
        onlyFlags(flags);
        return guestOf(domain).xml;
      },
      domainGetState: ({ domain, flags }) => {
        onlyFlags(flags);
        return guestOf(domain).state;
      },
      domainGetMessages: ({ domain, flags }) => {
        onlyFlags(flags);
        return guestOf(domain).messages;
      },
      connectGetAllDomainStats: ({ domains, flags }) =>
        (domains.length > 0 ? domains.map(guestOf) : [...this.#guests.values()])
          .filter(({ isOn }) => (flags & 1) === 0 || isOn)
          .map(({ ref, stats }) => ({ domain: ref, parameters: stats })),
      domainSuspend: ({ domain }) => guestOf(domain).suspend() as undefined,
      domainResume: async ({ domain }) => {
        await guestOf(domain).qemu.steps.pass('resume');
        guestOf(domain).resume();
      },
      domainGetJobStats: async ({ domain, flags }) => {
        onlyFlags(flags);
        await guestOf(domain).qemu.steps.pass('job');
        return guestOf(domain).jobStats();
      },
      domainQemuMonitorCommand: ({ domain, command, flags }) => guestOf(domain).monitor(command, flags),
      domainCoreDumpWithFormat: async ({ domain, path, format, flags }) => {
        const guest = guestOf(domain);
        await guest.qemu.steps.pass('dump');
        await guest.coreDump(path, format, flags);
      },
    };
  }
}
