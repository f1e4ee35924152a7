import { setTimeout as sleep } from 'node:timers/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import { connect } from '../../libvirt/connect.ts';
import { LibvirtError } from '../../libvirt/error.ts';
import { parameterValues } from '../../libvirt/protocol/typed-parameters.ts';
import { coreDumpFlags, coreDumpFormats } from '../../libvirt/protocol/values.ts';
import type { CaptureOutcome } from '../capture.ts';
import { type CaptureParts, untilAborted } from './capture-parts.ts';
import type { CoreDumpSourceOptions } from './core-dump-source.ts';
import { figure } from './domain-records.ts';
import { PauseMeter } from './pause-meter.ts';
import type { VolumePlace } from './volume-place.ts';
import { pumpVolume } from './volume-pump.ts';

/** How often libvirt is asked how far the dump is. */
const pollMs = 250;
/** The guest is paused while nothing moves: after so long without a byte its release is worth more than its memory. */
const stallMs = 20_000;

/**
 * Takes a memory-only core dump: libvirt pauses the guest, QEMU writes into the reader's FIFO, libvirt resumes. A dump
 * cannot be aborted through libvirt; closing the FIFO's read end is what ends it, and the guest runs again within 10 ms.
 * Where no FIFO of ours can be reached (`volume`), the dump goes to a file there first and is fetched afterwards.
 */
export async function takeCoreDump(parts: CaptureParts, volume: VolumePlace | null): Promise<CaptureOutcome> {
  const { link, guest, plan, reader, signal, wasRunning, connectOptions } = parts;
  const { place } = plan.source.options as unknown as CoreDumpSourceOptions;
  const { aborted, end } = untilAborted(signal);
  const meter = new PauseMeter();
  const stop = new AbortController();
  try {
    await meter.start(link, guest.domain);
    // The read end must be open before the call: libvirtd would wait for it with the guest paused and its lock held.
    await Promise.race([reader.open(), aborted]);
    signal.throwIfAborted();
    const startedAtMs = Date.now();
    // The call stays open for as long as the dump takes, so it gets a connection of its own.
    await using connection = await connect(link.uri, { ...connectOptions, signal });
    const dump = connection.call('domainCoreDumpWithFormat', {
      domain: guest.domain,
      path: volume?.path ?? place.path,
      format: coreDumpFormats.raw,
      // Nothing but this: `crash` ends the guest, `reset` restarts it.
      flags: coreDumpFlags.memoryOnly,
    });
    dump.catch(() => undefined);
    const watched = Promise.race([dump, aborted, watch(parts, stop.signal, volume === null)]);
    if (volume === null) await Promise.race([watched, firstFailure(reader.drained)]);
    else await watched;
    stop.abort();
    if (volume !== null)
      await Promise.race([pumpVolume({ link, connectOptions, volume, to: place.path, signal }), aborted]);
    await Promise.race([reader.drained, aborted]);
    return {
      guestPauseMs: wasRunning ? meter.pauseMs : 0,
      capturedAtMs: Math.round(meter.stoppedAtMs ?? startedAtMs),
    };
  } catch (error) {
    throw refusal(error, volume?.path ?? place.path);
  } finally {
    end();
    stop.abort();
    await meter.close();
  }
}

/** Never resolves; rejects as `promise` does. */
function firstFailure(promise: Promise<void>): Promise<never> {
  return promise.then(() => new Promise<never>(() => undefined));
}

/** Tells the reader how far QEMU is, and rejects when nothing moves any more. Never resolves. */
async function watch(parts: CaptureParts, signal: AbortSignal, isHeld: boolean): Promise<never> {
  const { reader, plan } = parts;
  let lastBytes = -1;
  let movedAt = performance.now();
  while (!signal.aborted) {
    await sleep(pollMs);
    if (signal.aborted) break;
    const doneBytes = await processed(parts);
    if (doneBytes === null) continue;
    if (doneBytes !== lastBytes) {
      lastBytes = doneBytes;
      movedAt = performance.now();
      reader.report({ doneBytes: Math.min(plan.memoryBytes, doneBytes), totalBytes: plan.memoryBytes });
    } else if (isHeld && performance.now() - movedAt > stallMs)
      throw new MemoirError(
        'STALLED',
        `the dump did not move for ${stallMs / 1000} s, and the guest is paused meanwhile`,
      );
  }
  return new Promise<never>(() => undefined);
}

/** Bytes of memory that QEMU has written, by libvirt's job statistics; null where it does not say. */
async function processed({ link, guest }: CaptureParts): Promise<number | null> {
  try {
    const { parameters } = await link.call(
      'domainGetJobStats',
      { domain: guest.domain, flags: 0 },
      { timeoutMs: 5_000 },
    );
    return figure(parameterValues(parameters), 'memory_processed');
  } catch {
    // The long call will say what is wrong, if anything is.
    return null;
  }
}

/** A path that the daemon may not write is the one refusal that a person can mend: it is said in words. */
function refusal(error: unknown, path: string): unknown {
  if (!(error instanceof LibvirtError) || error.code !== 'SYSTEM_ERROR') return error;
  if (error.errno !== 'EACCES' && error.errno !== 'EPERM') return error;
  return new MemoirError('HYPERVISOR_REFUSED', `libvirt may not write to ${path}: ${error.message}`, {
    cause: error,
    hint: 'A security module confines libvirtd: allow it this path (see deploy/), or run the server where /run is writable.',
  });
}
