import type { EventName } from '../../../src/libvirt/protocol/events.ts';
import { events } from '../../../src/libvirt/protocol/events.ts';
import type { DomainRef, VolumeRef } from '../../../src/libvirt/protocol/handles.ts';
import type { Codec } from '../../../src/libvirt/xdr/codec.ts';
import { encoded, type FakeClient } from './fake-client.ts';
import { downloadOf, uploadTo } from './fake-volume.ts';
import { FakeFailure, type Handlers } from './handlers.ts';
import { wireType } from './wire.ts';

export interface FakeDomain {
  readonly ref: DomainRef;
  /** virDomainState. */
  state: number;
  reason: number;
}

/** What a client asked to be told. */
interface Registration {
  readonly client: FakeClient;
  readonly event: EventName;
  readonly domain: string | undefined;
}

/** Machines, volumes and registrations behind the fake daemon: they outlive its connections, as in a real host. */
export class FakeHypervisor {
  readonly domains = new Map<string, FakeDomain>();
  readonly volumes = new Map<string, Buffer>();
  readonly registrations = new Map<number, Registration>();
  #lastCallbackId = 40;

  addDomain(name: string, number: number): DomainRef {
    const uuid = `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
    const ref = { name, uuid, id: number };
    this.domains.set(uuid, { ref, state: 1, reason: 1 });
    return ref;
  }

  /** Sends an event to whoever asked for it. `body` is what follows the callback id and the domain. */
  emit(event: EventName, domain: DomainRef, fields: object): void {
    for (const [id, registration] of this.registrations) {
      const wanted = registration.domain === undefined || registration.domain === domain.uuid;
      if (registration.event === event && wanted) this.sendEvent(registration.client, id, event, { domain, ...fields });
    }
  }

  sendEvent(client: FakeClient, callbackId: number, event: EventName, body: object): void {
    const spec = events[event];
    const id = Buffer.alloc(4);
    id.writeInt32BE(callbackId);
    client.send({
      program: spec.program,
      procedure: spec.number,
      type: wireType.message,
      // Real daemons send 1 where the documentation says 0.
      serial: 1,
      body: Buffer.concat([id, encoded(spec.body as Codec<unknown>, body)]),
    });
  }

  /** The client is gone, and with it what it asked for. */
  forget(client: FakeClient): void {
    for (const [id, registration] of this.registrations)
      if (registration.client === client) this.registrations.delete(id);
  }

  register(client: FakeClient, event: EventName | undefined, domain: string | undefined): number {
    if (event === undefined) throw new FakeFailure(8, 'invalid argument: unsupported event ID');
    for (const registration of this.registrations.values())
      if (registration.client === client && registration.event === event && registration.domain === domain)
        throw new FakeFailure(8, 'invalid argument: event callback already tracked');
    this.registrations.set(++this.#lastCallbackId, { client, event, domain });
    return this.#lastCallbackId;
  }

  get handlers(): Handlers {
    return {
      authList: () => [0],
      connectSupportsFeature: () => 1,
      connectOpen: () => undefined,
      connectClose: (_args, client) => {
        setImmediate(() => client.socket.end());
        return undefined;
      },
      connectGetHostname: () => 'fake',
      connectGetLibVersion: () => 11_003_000n,
      connectListAllDomains: () => {
        const domains = [...this.domains.values()].map(({ ref }) => ref);
        return { domains, count: domains.length };
      },
      domainLookupByName: ({ name }) => {
        const found = [...this.domains.values()].find(({ ref }) => ref.name === name);
        if (found === undefined) throw new FakeFailure(42, `Domain not found: no domain with matching name '${name}'`);
        return found.ref;
      },
      domainGetState: ({ domain }) => {
        const { state, reason } = this.#find(domain);
        return { state, reason };
      },
      domainSuspend: ({ domain }) => this.#change(domain, { state: 3, reason: 1 }, { event: 3, detail: 0 }),
      domainResume: ({ domain }) => this.#change(domain, { state: 1, reason: 5 }, { event: 4, detail: 0 }),
      connectDomainEventCallbackRegisterAny: ({ event, domain }, client) => {
        const entry = (Object.entries(events) as [EventName, (typeof events)[EventName]][]).find(
          ([, { registration }]) => registration.kind === 'domain' && registration.event === event,
        );
        return this.register(client, entry?.[0], domain?.uuid);
      },
      connectDomainEventCallbackDeregisterAny: ({ callbackId }) => this.#deregister(callbackId),
      connectDomainQemuMonitorEventRegister: ({ domain }, client) => this.register(client, 'qemuMonitor', domain?.uuid),
      connectDomainQemuMonitorEventDeregister: ({ callbackId }) => this.#deregister(callbackId),
      connectRegisterCloseCallback: () => undefined,
      connectUnregisterCloseCallback: () => undefined,
      domainQemuMonitorCommand: ({ command }) => `{"return":${command},"id":"libvirt-7"}`,
      storageVolDownload: ({ volume, offset, length, flags }, client) =>
        downloadOf(client, this.#bytesOf(volume), { offset, length, sparse: flags === 1 }),
      storageVolUpload: ({ volume, offset, flags }, client) =>
        uploadTo(client, offset, flags === 1, (bytes) => void this.volumes.set(volume.name, bytes)),
    };
  }

  #find(domain: DomainRef): FakeDomain {
    const found = this.domains.get(domain.uuid);
    if (found === undefined)
      throw new FakeFailure(42, `Domain not found: no domain with matching uuid '${domain.uuid}'`);
    return found;
  }

  #change(
    ref: DomainRef,
    state: { state: number; reason: number },
    event: { event: number; detail: number },
  ): undefined {
    Object.assign(this.#find(ref), state);
    this.emit('lifecycle', ref, event);
  }

  #deregister(callbackId: number): undefined {
    if (!this.registrations.delete(callbackId)) throw new FakeFailure(1, `no callback ${callbackId}`);
  }

  #bytesOf(volume: VolumeRef): Buffer {
    const bytes = this.volumes.get(volume.name);
    if (bytes === undefined) throw new FakeFailure(50, `Storage volume not found: '${volume.name}'`);
    return bytes;
  }
}
