import { isDeepStrictEqual } from 'node:util';
import type { DomainRef } from '../../../libvirt/protocol/handles.ts';
import { lifecycleEvents } from '../../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import type { Machine, MachineChange } from '../../machine.ts';
import { isAway } from '../failure.ts';
import type { DomainRecords } from './domain-records.ts';

/** Events after which a domain may be described otherwise than before. */
const redefining: ReadonlySet<number> = new Set([
  lifecycleEvents.defined,
  lifecycleEvents.undefined,
  lifecycleEvents.started,
  lifecycleEvents.stopped,
]);

/**
 * How long an event may wait for others before the domain is looked at. A snapshot pauses its guest for a few milliseconds:
 * to ask its QEMU anything just then would lengthen the pause, and to report it would be noise.
 */
const calmMs = 30;
/** Until the next look at everything where libvirt is there and left a look unanswered. */
const againMs = 30_000;

/**
 * Follows what happens to domains by libvirt's events, without polling. An event says which domain to look at; what is
 * reported is the difference between what is seen then and what was reported last. After every connection all domains are
 * looked at, because events of the meantime are lost.
 */
export class MachineWatch {
  readonly #link: ReconnectingConnection;
  readonly #records: DomainRecords;
  readonly #tell: (change: MachineChange) => void;
  readonly #known = new Map<string, Machine>();
  readonly #touched = new Map<string, DomainRef>();
  #lookAtAll = false;
  #isLooking = false;
  #looking: Promise<void> = Promise.resolve();
  #calm: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(link: ReconnectingConnection, records: DomainRecords, tell: (change: MachineChange) => void) {
    this.#link = link;
    this.#records = records;
    this.#tell = tell;
    const touch = ({ domain }: { readonly domain: DomainRef }): void => {
      records.forget(domain.uuid);
      this.#touch(domain);
    };
    const subscriptions = [
      link.subscribe('lifecycle', ({ domain, event }) => {
        if (redefining.has(event)) records.forget(domain.uuid);
        this.#touch(domain);
      }),
      link.subscribe('metadataChange', touch),
      link.subscribe('deviceAdded', touch),
      link.subscribe('deviceRemoved', touch),
    ];
    // Where one is refused, the next look at everything has what it would have told.
    for (const subscription of subscriptions) subscription.catch(() => undefined);
  }

  /** The connection is there (again): what happened meanwhile is found by comparing. Resolves when that is reported. */
  async resume(): Promise<void> {
    this.#records.forget();
    this.#lookAtAll = true;
    await this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#touched.clear();
    clearTimeout(this.#calm);
    clearTimeout(this.#again);
  }

  #touch(domain: DomainRef): void {
    if (this.#closed) return;
    this.#touched.set(domain.uuid, domain);
    this.#calm ??= setTimeout(() => {
      this.#calm = undefined;
      void this.#look();
    }, calmMs);
  }

  /** One look at a time, until nothing is left that was touched meanwhile. */
  #look(): Promise<void> {
    if (!this.#isLooking) {
      this.#isLooking = true;
      this.#looking = this.#run();
    }
    return this.#looking;
  }

  async #run(): Promise<void> {
    while (!this.#closed && (this.#lookAtAll || this.#touched.size > 0)) {
      try {
        if (this.#lookAtAll) {
          this.#lookAtAll = false;
          this.#touched.clear();
          this.#compareAll(await this.#records.all());
        } else {
          const [uuid, domain] = this.#touched.entries().next().value as [string, DomainRef];
          this.#touched.delete(uuid);
          this.#compare(uuid, await this.#records.one(domain));
        }
      } catch (error) {
        // Away: everything is looked at when it is back. Otherwise that one answer made no sense, and the next event asks again.
        if (isAway(error)) {
          this.#touched.clear();
          if (this.#link.state.kind === 'up') this.#lookAgain();
          break;
        }
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
    // In the same step as the end of the loop: whoever asks for a look after it gets one.
    this.#isLooking = false;
  }

  /** libvirt did not answer in time and the connection is still there: no new one will say that everything is to be looked at. */
  #lookAgain(): void {
    if (this.#closed) return;
    this.#lookAtAll = true;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.#look(), againMs);
  }

  #compareAll(machines: readonly Machine[]): void {
    const present = new Set(machines.map(({ id }) => id));
    for (const id of [...this.#known.keys()]) if (!present.has(id)) this.#compare(id, null);
    for (const machine of machines) this.#compare(machine.id, machine);
  }

  #compare(id: string, machine: Machine | null): void {
    if (this.#closed) return;
    const known = this.#known.get(id);
    if (machine === null) {
      if (known === undefined) return;
      this.#known.delete(id);
      this.#tell({ type: 'GONE', id, name: known.name });
    } else if (!isDeepStrictEqual(known, machine)) {
      this.#known.set(id, machine);
      this.#tell({ type: 'CHANGED', machine });
    }
  }
}
