import type { DomainRef } from '../../libvirt/protocol/handles.ts';
import { domainXmlFlags, listDomainsFlags } from '../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../libvirt/reconnecting-connection.ts';
import { parseXml, xmlElement, xmlElements } from '../../libvirt/xml.ts';
import { isLibvirt } from './failure.ts';

/** A disk of a domain, out of its XML. */
export interface DomainDisk {
  /** Ours begin with `ua-`, which libvirt leaves to its users (3.9). */
  readonly alias: string | null;
  /** `vdb`: unique in the domain, and nothing to do with the guest's name of it. */
  readonly target: string;
  readonly path: string | null;
}

export interface DomainDisks {
  readonly domain: DomainRef;
  /** What the running guest has; empty while it is off. */
  readonly live: readonly DomainDisk[];
  /** What it has at its next start; empty for a transient one. */
  readonly config: readonly DomainDisk[];
}

interface Asking {
  readonly link: ReconnectingConnection;
  readonly signal: AbortSignal;
}

export const isRunning = (domain: DomainRef): boolean => domain.id !== -1;

/** The disks of every domain. One that ends meanwhile is left out. */
export async function allDomainDisks(asking: Asking): Promise<readonly DomainDisks[]> {
  const { link, signal } = asking;
  const { domains } = await link.call('connectListAllDomains', { need: 1, flags: 0 }, { signal });
  const persistent = await persistentDomains(asking);
  const read = await Promise.all(domains.map((domain) => readDisks(asking, domain, persistent.has(domain.uuid))));
  return read.filter((disks) => disks !== null);
}

/** The disks of one; null if it does not exist. */
export async function domainDisks(asking: Asking, uuid: string): Promise<DomainDisks | null> {
  const { link, signal } = asking;
  try {
    const domain = await link.call('domainLookupByUuid', { uuid }, { signal });
    return await readDisks(asking, domain, (await persistentDomains(asking)).has(uuid));
  } catch (error) {
    if (isLibvirt(error, 'NO_DOMAIN')) return null;
    throw error;
  }
}

async function persistentDomains({ link, signal }: Asking): Promise<ReadonlySet<string>> {
  const flags = listDomainsFlags.persistent;
  const { domains } = await link.call('connectListAllDomains', { need: 1, flags }, { signal });
  return new Set(domains.map(({ uuid }) => uuid));
}

async function readDisks(asking: Asking, domain: DomainRef, isPersistent: boolean): Promise<DomainDisks | null> {
  const { link, signal } = asking;
  const read = async (flags: number): Promise<readonly DomainDisk[]> =>
    disksOf(await link.call('domainGetXmlDesc', { domain, flags }, { signal }));
  try {
    return {
      domain,
      live: isRunning(domain) ? await read(0) : [],
      config: isPersistent ? await read(domainXmlFlags.inactive) : [],
    };
  } catch (error) {
    if (isLibvirt(error, 'NO_DOMAIN')) return null;
    throw error;
  }
}

export function disksOf(xml: string): readonly DomainDisk[] {
  return xmlElements(parseXml(xml), 'devices', 'disk').map((disk) => {
    const source = xmlElement(disk, 'source')?.attributes;
    return {
      alias: xmlElement(disk, 'alias')?.attributes.get('name') ?? null,
      target: xmlElement(disk, 'target')?.attributes.get('dev') ?? '',
      path: source?.get('file') ?? source?.get('dev') ?? null,
    };
  });
}

/** A target name that no disk has: `vdb` … `vdz`, `vdaa` … */
export function freeTarget(disks: readonly DomainDisk[]): string {
  const taken = new Set(disks.map(({ target }) => target));
  for (let index = 1; ; index++) {
    const name = `vd${letters(index)}`;
    if (!taken.has(name)) return name;
  }
}

function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
