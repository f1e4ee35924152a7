import { setTimeout as sleep } from 'node:timers/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { DomainRef } from '../../libvirt/protocol/handles.ts';
import { impactFlags } from '../../libvirt/protocol/values.ts';
import type { ReconnectingConnection } from '../../libvirt/reconnecting-connection.ts';
import { domainDisks } from './domain-disks.ts';
import { isLibvirt } from './failure.ts';

export interface UnplugOptions {
  readonly link: ReconnectingConnection;
  readonly signal: AbortSignal;
  /** How long the guest has to release the device. */
  readonly timeoutMs: number;
  /** How often it is asked again, and looked whether the device has gone without an event. */
  readonly againMs: number;
}

/**
 * Takes a device out of a running guest. The call only asks the guest, and returns within milliseconds also when the guest ignores it:
 * the device is gone when DEVICE_REMOVED says so, or the domain's XML where the event was lost. A guest that refuses, or does not
 * release it in time, is DETACH_REFUSED.
 */
export async function unplug(domain: DomainRef, alias: string, options: UnplugOptions): Promise<void> {
  const { link, signal, timeoutMs, againMs } = options;
  const told = Promise.withResolvers<'REMOVED' | 'REFUSED'>();
  const listener = (answer: 'REMOVED' | 'REFUSED') => (event: { domain: DomainRef; alias: string }) => {
    if (event.domain.uuid === domain.uuid && event.alias === alias) told.resolve(answer);
  };
  const done = new AbortController();
  const subscriptions = [
    await link.subscribe('deviceRemoved', listener('REMOVED'), { domain, signal }),
    await link.subscribe('deviceRemovalFailed', listener('REFUSED'), { domain, signal }),
  ];
  try {
    const endsAtMs = performance.now() + timeoutMs;
    for (;;) {
      await ask(domain, alias, options);
      const pause = sleep(againMs, 'AGAIN' as const, { signal: AbortSignal.any([signal, done.signal]) });
      pause.catch(() => undefined);
      const answer = await Promise.race([told.promise, pause]).catch(() => {
        throw signal.reason;
      });
      if (answer === 'REMOVED' || !(await isPlugged(domain, alias, options))) return;
      if (answer === 'REFUSED')
        throw new MemoirError('DETACH_REFUSED', `the guest ${domain.name} refused to release the device`);
      if (performance.now() >= endsAtMs) {
        throw new MemoirError(
          'DETACH_REFUSED',
          `the guest ${domain.name} did not release the device within ${timeoutMs} ms`,
        );
      }
    }
  } finally {
    done.abort();
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  }
}

/** QEMU refuses to ask a second time while the guest still thinks about the first one: that is no answer of the guest. */
async function ask(domain: DomainRef, alias: string, { link, signal }: UnplugOptions): Promise<void> {
  try {
    await link.call('domainDetachDeviceAlias', { domain, alias, flags: impactFlags.live }, { signal });
  } catch (error) {
    if (!isLibvirt(error, 'DEVICE_MISSING', 'OPERATION_FAILED', 'INTERNAL_ERROR', 'OPERATION_INVALID', 'NO_DOMAIN'))
      throw error;
  }
}

async function isPlugged(domain: DomainRef, alias: string, options: UnplugOptions): Promise<boolean> {
  const disks = await domainDisks(options, domain.uuid);
  return disks?.live.some((disk) => disk.alias === alias) ?? false;
}
