import type { CallOptions } from '../../../libvirt/connection.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import type { DomainRef } from '../../../libvirt/protocol/handles.ts';
import { parameterValues } from '../../../libvirt/protocol/typed-parameters.ts';
import { statsFlags, statsTypes } from '../../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import type { Machine } from '../../machine.ts';
import { machineStates } from '../../machine.ts';
import { isAway } from '../failure.ts';
import type { SilentGuests } from '../link/silent-guests.ts';
import { type DomainDescription, describeDomain } from './domain-description.ts';
import { machineStateOf } from './machine-state.ts';

/** What libvirt's statistics say of a domain, by name: `state.state`, `vcpu.current`… */
export type StatValues = ReturnType<typeof parameterValues>;

export interface DomainRecord {
  readonly domain: DomainRef;
  readonly values: StatValues;
}

/** A figure of the statistics as a number; null where it is not among them. */
export function figure(values: StatValues, name: string): number | null {
  const value = values.get(name);
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : null;
}

/** What a listing needs: one call answers it for all domains. The balloon's maximum is the memory that a guest has. */
const listed = statsTypes.state | statsTypes.balloon | statsTypes.vcpu;

/** libvirt asks a guest's QEMU for parts of both: one that hangs is listed without those. */
const listMs = 10_000;
const describeMs = 5_000;
/** How long a guest that did not say what it is is not asked again. */
const restMs = 60_000;

/** What a domain is known as: of the instance with that id, since a guest may be started with another definition. */
interface Kept {
  readonly id: number;
  readonly description: DomainDescription;
  /** By `performance.now()`: from then on it is asked anew, and shown as this if it does not respond. */
  readonly untilMs: number;
}

/** A guest that never said anything. */
const unknown: DomainDescription = {
  title: null,
  memoryBytes: 0,
  vcpus: 0,
  architecture: 'unknown',
  deviceStateBytes: 0,
  owner: null,
  snapshotObstacles: [],
  memoryObstacles: [],
};

/**
 * Domains as machines, in few calls: one for the state and size of any number of them, and one for each domain's XML, which
 * is kept until something says that it changed.
 */
export class DomainRecords {
  readonly #link: ReconnectingConnection;
  /** By UUID. */
  readonly #descriptions = new Map<string, Kept>();

  readonly #silent: SilentGuests;
  readonly #callTimeoutMs: number;

  constructor(link: ReconnectingConnection, silent: SilentGuests, callTimeoutMs = Number.POSITIVE_INFINITY) {
    this.#link = link;
    this.#silent = silent;
    this.#callTimeoutMs = callTimeoutMs;
  }

  /** Statistics of all domains, or of one. Never waits for a guest whose monitor is busy: that one has fewer figures. */
  async stats(
    stats: number,
    flags: number,
    domains: readonly DomainRef[] = [],
    options?: CallOptions,
  ): Promise<DomainRecord[]> {
    const request = { domains, stats, flags: flags | statsFlags.noWait };
    const answer = await this.#link.call('connectGetAllDomainStats', request, options);
    return answer.map(({ domain, parameters }) => ({ domain, values: parameterValues(parameters) }));
  }

  /** All machines there are, in no order. */
  async all(): Promise<Machine[]> {
    const records = await this.#listed();
    const present = new Set(records.map(({ domain }) => domain.uuid));
    for (const uuid of this.#descriptions.keys()) if (!present.has(uuid)) this.#descriptions.delete(uuid);
    const machines = await Promise.all(records.map((record) => this.#machine(record)));
    return machines.filter((machine) => machine !== null);
  }

  /** One machine; null if there is none. */
  async one(domain: DomainRef): Promise<Machine | null> {
    try {
      const [record] = await this.#listed(domain);
      return record === undefined ? null : await this.#machine(record);
    } catch (error) {
      if (error instanceof LibvirtError && error.code === 'NO_DOMAIN') return null;
      throw error;
    }
  }

  async lookup(uuid: string): Promise<DomainRef | null> {
    return this.#unlessMissing(this.#link.call('domainLookupByUuid', { uuid }));
  }

  async lookupName(name: string): Promise<DomainRef | null> {
    return this.#unlessMissing(this.#link.call('domainLookupByName', { name }));
  }

  /** The domain as it is described now, asked for anew. */
  async #describe(domain: DomainRef, options?: CallOptions): Promise<DomainDescription> {
    const xml = await this.#silent.ask(domain.uuid, (over) =>
      this.#link.call('domainGetXmlDesc', { domain, flags: 0 }, { ...options, over }),
    );
    const description = describeDomain(xml);
    this.#keep(domain, description, Number.POSITIVE_INFINITY);
    return description;
  }

  /** The same for a guest that may hang: what it was last known as, where it does not respond. */
  async described(domain: DomainRef): Promise<DomainDescription | null> {
    this.forget(domain.uuid);
    return this.#description(domain);
  }

  /** What was kept of a domain, or of all, may not be true any more. */
  forget(uuid?: string): void {
    for (const [id, kept] of this.#descriptions)
      if (uuid === undefined || uuid === id) this.#descriptions.set(id, { ...kept, untilMs: 0 });
  }

  #keep({ uuid, id }: DomainRef, description: DomainDescription, untilMs: number): void {
    this.#descriptions.set(uuid, { id, description, untilMs });
  }

  /** The state alone is known to libvirt itself: it is answered whatever a guest's QEMU does. */
  async #listed(domain?: DomainRef): Promise<DomainRecord[]> {
    const options = { timeoutMs: this.#within(listMs) };
    const domains = domain === undefined ? [] : [domain];
    try {
      return await (domain === undefined
        ? this.stats(listed, 0, domains, options)
        : this.#silent.ask(domain.uuid, (over) => this.stats(listed, 0, domains, { ...options, over })));
    } catch (error) {
      if (!isTimeout(error)) throw error;
      return this.stats(statsTypes.state, 0, domains);
    }
  }

  /** A shorter limit of the connection's own holds. */
  #within(ms: number): number {
    return Math.min(ms, this.#callTimeoutMs);
  }

  /** What is kept, if that is still to be believed; else what it says now, or what is best where it does not respond. */
  async #description(domain: DomainRef): Promise<DomainDescription | null> {
    const kept = this.#descriptions.get(domain.uuid);
    const same = kept?.id === domain.id ? kept : undefined;
    if (same !== undefined && performance.now() < same.untilMs) return same.description;
    try {
      return await this.#unlessMissing(this.#describe(domain, { timeoutMs: this.#within(describeMs) }));
    } catch (error) {
      if (!isTimeout(error)) throw error;
      const description = same?.description ?? unknown;
      this.#keep(domain, description, performance.now() + restMs);
      return description;
    }
  }

  /**
   * As it is shown: one whose description libvirt refuses, or nobody can read, is listed with what else is known of it, and hides no
   * other. A capture asks again (`described`), and is refused.
   */
  async #shown(domain: DomainRef): Promise<DomainDescription | null> {
    try {
      return await this.#description(domain);
    } catch (error) {
      if (isAway(error)) throw error;
      this.#keep(domain, unknown, performance.now() + restMs);
      return unknown;
    }
  }

  async #machine({ domain, values }: DomainRecord): Promise<Machine | null> {
    const description = await this.#shown(domain);
    if (description === null) return null;
    const maximumKib = figure(values, 'balloon.maximum');
    const { state, stateReason } = machineStateOf(
      figure(values, 'state.state') ?? 0,
      figure(values, 'state.reason') ?? 0,
    );
    return {
      id: domain.uuid,
      name: domain.name,
      vmid: machineStates[state].hasMemory && domain.id >= 0 ? String(domain.id) : null,
      state,
      stateReason,
      title: description.title,
      memoryBytes: maximumKib === null ? description.memoryBytes : maximumKib * 1024,
      vcpus: figure(values, 'vcpu.current') ?? description.vcpus,
    };
  }

  async #unlessMissing<T>(asked: Promise<T>): Promise<T | null> {
    try {
      return await asked;
    } catch (error) {
      if (error instanceof LibvirtError && error.code === 'NO_DOMAIN') return null;
      throw error;
    }
  }
}

const isTimeout = (error: unknown): boolean => error instanceof LibvirtError && error.code === 'TIMEOUT';
