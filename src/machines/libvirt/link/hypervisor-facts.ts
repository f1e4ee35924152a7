import { LibvirtError } from '../../../libvirt/error.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';

/** What a connected daemon says of itself at once. */
export interface HypervisorFacts {
  /** The driver: QEMU, TEST… */
  readonly type: string;
  readonly host: string;
  /** For people: `libvirt 11.3.0`. */
  readonly version: string;
}

/**
 * Asked again where it is left unanswered and the link stays up: nothing else would say that the daemon serves by now. Each
 * attempt takes as long as a call may.
 */
export async function readFacts(link: ReconnectingConnection): Promise<HypervisorFacts> {
  for (;;)
    try {
      return await askFacts(link);
    } catch (error) {
      const isSilent = error instanceof LibvirtError && error.code === 'TIMEOUT';
      if (!isSilent || link.state.kind !== 'up') throw error;
    }
}

async function askFacts(link: ReconnectingConnection): Promise<HypervisorFacts> {
  const [type, host, library] = await Promise.all([
    link.call('connectGetType', {}),
    link.call('connectGetHostname', {}),
    link.call('connectGetLibVersion', {}),
  ]);
  return { type, host, version: `libvirt ${dotted(library)}` };
}

/**
 * The installed hypervisor too (`libvirt 11.3.0, QEMU 10.0.2`; a guest may still run an older one). Nothing waits for this:
 * libvirt may ask every emulator of the host what it can before it answers, which takes seconds.
 */
export async function readFullVersion(
  link: ReconnectingConnection,
  { type, version }: HypervisorFacts,
): Promise<string> {
  const driver = await link.call('connectGetVersion', {}, { timeoutMs: 120_000 });
  return `${version}, ${type} ${dotted(driver)}`;
}

/** libvirt's numbers: major × 1,000,000 + minor × 1,000 + release. */
function dotted(version: bigint): string {
  const number = Number(version);
  return [Math.floor(number / 1e6), Math.floor(number / 1e3) % 1e3, number % 1e3].join('.');
}
