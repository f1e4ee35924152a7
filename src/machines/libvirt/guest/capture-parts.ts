import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectOptions } from '../../../libvirt/connection-options.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import type { ReconnectingConnection } from '../../../libvirt/reconnecting-connection.ts';
import type { CapturePlan, CaptureReader } from '../../capture.ts';
import { isGone } from '../failure.ts';
import type { HypervisorLinks } from '../link/links.ts';
import type { Guest } from './guest.ts';

/** What the two methods of capture need. */
export interface CaptureParts {
  readonly links: HypervisorLinks;
  /** How other connections to the same hypervisor are opened. */
  readonly connectOptions: ConnectOptions;
  readonly guest: Guest;
  readonly plan: CapturePlan;
  readonly reader: CaptureReader;
  readonly signal: AbortSignal;
  readonly wasRunning: boolean;
  /** Notes that the guest is about to be changed. To be awaited before the first command that changes it. */
  touch(): Promise<void>;
}

/** How long libvirt may take to notice that a guest's QEMU has gone, and how often it is asked meanwhile. */
const noticeMs = 1_000;
const looks = 5;

/**
 * Whether `error` came of the end of the guest with this id and number. What libvirt could not do because QEMU had gone, it
 * may say before it has noticed that itself.
 */
export async function isOfGuestEnd(link: ReconnectingConnection, uuid: string, vmid: string, error: unknown) {
  for (let look = error instanceof LibvirtError ? 1 : looks; ; look += 1) {
    try {
      const { id } = await link.call('domainLookupByUuid', { uuid });
      if (String(id) !== vmid) return true;
    } catch (lookup) {
      return isGone(lookup);
    }
    if (look === looks) return false;
    await sleep(noticeMs / looks);
  }
}
