import type { CallOptions } from '../../libvirt/connection.ts';
import { LibvirtError } from '../../libvirt/error.ts';
import type { DomainRef } from '../../libvirt/protocol/handles.ts';
import { parameterValues } from '../../libvirt/protocol/typed-parameters.ts';
import { statsFlags, statsTypes } from '../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../libvirt/reconnecting-connection.ts';
import type { Machine } from '../machine.ts';
import { machineStates } from '../machine.ts';
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

/**
 * Domains as machines, in few calls: one for the state and size of any number of them, and one for each domain's XML, which
 * is kept until something says that it changed.
 */
export class DomainRecords {
  readonly #link: ReconnectingConnection;
  /** By UUID; of the instance with that id (a guest may be started with another definition). */
  readonly #descriptions = new Map<string, { readonly id: number; readonly description: DomainDescription }>();

  constructor(link: ReconnectingConnection) {
    this.#link = link;
  }

  /** Statistics of all domains, or of one. Never waits for a guest whose monitor is busy: that one has fewer figures. */
  async stats(stats: number, flags: number, domains: readonly DomainRef[] = []): Promise<DomainRecord[]> {
    const answer = await this.#link.call('connectGetAllDomainStats', {
      domains,
      stats,
      flags: flags | statsFlags.noWait,
    });
    return answer.map(({ domain, parameters }) => ({ domain, values: parameterValues(parameters) }));
  }

  /** All machines there are, in no order. */
  async all(): Promise<Machine[]> {
    const records = await this.stats(listed, 0);
    const present = new Set(records.map(({ domain }) => domain.uuid));
    for (const uuid of this.#descriptions.keys()) if (!present.has(uuid)) this.#descriptions.delete(uuid);
    const machines = await Promise.all(records.map((record) => this.#machine(record)));
    return machines.filter((machine) => machine !== null);
  }

  /** One machine; null if there is none. */
  async one(domain: DomainRef): Promise<Machine | null> {
    try {
      const [record] = await this.stats(listed, 0, [domain]);
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
  async describe(domain: DomainRef, options?: CallOptions): Promise<DomainDescription> {
    const description = describeDomain(await this.#link.call('domainGetXmlDesc', { domain, flags: 0 }, options));
    this.#descriptions.set(domain.uuid, { id: domain.id, description });
    return description;
  }

  /** What was kept of a domain may not be true any more. */
  forget(uuid?: string): void {
    if (uuid === undefined) this.#descriptions.clear();
    else this.#descriptions.delete(uuid);
  }

  async #machine({ domain, values }: DomainRecord): Promise<Machine | null> {
    const kept = this.#descriptions.get(domain.uuid);
    const description = kept?.id === domain.id ? kept.description : await this.#unlessMissing(this.describe(domain));
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
