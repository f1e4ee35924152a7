import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../../../async/at-most.ts';
import { untilAborted } from '../../../async/until-aborted.ts';
import { MemoirError } from '../../../domain/memoir-error.ts';
import { connect } from '../../../libvirt/connect.ts';
import { LibvirtError } from '../../../libvirt/error.ts';
import { parameterValues } from '../../../libvirt/protocol/typed-parameters.ts';
import { coreDumpFlags, coreDumpFormats } from '../../../libvirt/protocol/values.ts';
import type { CaptureOutcome } from '../../capture.ts';
import type { CaptureParts } from '../guest/capture-parts.ts';
import { refuseBeside } from '../guest/foreign-work.ts';
import { PauseMeter } from '../guest/pause-meter.ts';
import { figure } from '../inventory/domain-records.ts';
import { coreDumpSource } from './core-dump-source.ts';
import { type VolumePlace, volumeAt } from './volume-place.ts';
import { pumpVolume } from './volume-pump.ts';

/** How often libvirt is asked how far the dump is. */
const pollMs = 250;
/** The guest is paused while nothing moves: after so long without a byte its release is worth more than its memory. */
const stallMs = 20_000;
/** How long libvirt may take to say why it wrote nothing: it waits for the end of other jobs for 30 s. */
const answerMs = 40_000;
/** How long a reader may take to say why it closed the FIFO. */
const reasonMs = 1_000;

/**
 * Takes a memory-only core dump: libvirt pauses the guest, QEMU writes into the reader's FIFO, libvirt resumes. A dump
 * cannot be aborted through libvirt; closing the FIFO's read end is what ends it, and the guest runs again within 10 ms.
 * Where no FIFO of ours can be reached (`remote`, or libvirt refuses its path), the dump goes to a file there first and is
 * fetched afterwards; `elsewhere` finds the place for it, and notes it before anything is written there.
 */
export async function takeCoreDump(
  parts: CaptureParts,
  remote: boolean,
  elsewhere: () => Promise<VolumePlace>,
): Promise<CaptureOutcome> {
  const { links, guest, plan, reader, signal, wasRunning, connectOptions, touch } = parts;
  const link = links.control;
  const { place } = coreDumpSource.optionsOf(plan);
  let volume: VolumePlace | null = null;
  const meter = new PauseMeter();
  try {
    await refuseBeside(guest, 'CORE_DUMP');
    await meter.start(link, guest.domain);
    // The read end must be open before the call: libvirtd would wait for it with the guest paused and its lock held.
    await untilAborted(reader.open(), signal);
    signal.throwIfAborted();
    const startedAtMs = Date.now();
    // The call stays open for as long as the dump takes, so it gets a connection of its own.
    await using connection = await connect(link.uri, { ...connectOptions, signal });
    const dumpTo = async (path: string, file: VolumePlace | null): Promise<void> => {
      const over = new AbortController();
      meter.begin();
      const dump = connection.call('domainCoreDumpWithFormat', {
        domain: guest.domain,
        path,
        format: coreDumpFormats.raw,
        // Nothing but this: `crash` ends the guest, `reset` restarts it.
        flags: coreDumpFlags.memoryOnly,
      });
      dump.catch(() => undefined);
      const watched = untilAborted(Promise.race([dump, watch(parts, over.signal, file)]), signal);
      try {
        await (file === null ? Promise.race([watched, firstFailure(unlessRefused(reader.drained, dump))]) : watched);
      } finally {
        over.abort();
      }
    };
    await touch();
    if (remote) volume = await elsewhere();
    else
      try {
        await dumpTo(place.path, null);
      } catch (error) {
        if (!isRefusedPath(error)) throw error;
        volume = await untilAborted(otherPlace(error, place.path, elsewhere), signal);
      }
    if (volume !== null) await dumpTo(volume.path, volume);
    if (volume !== null)
      await untilAborted(pumpVolume({ link, connectOptions, volume, to: place.path, signal }), signal);
    await untilAborted(reader.drained, signal);
    return {
      guestPauseMs: wasRunning ? meter.pauseMs : 0,
      capturedAtMs: Math.round(meter.stoppedAtMs ?? startedAtMs),
    };
  } catch (error) {
    const reason = (await ownReason(error, reader.drained)) ?? error;
    // Somebody else may have begun since it was asked: libvirt and QEMU refuse the dump then, each in words of its own.
    if (reason instanceof LibvirtError && !signal.aborted) await refuseBeside(guest, 'CORE_DUMP', reason);
    throw reason;
  } finally {
    await meter.close();
  }
}

/**
 * A reader that fails closes the FIFO, and then libvirt says that QEMU could not write: that answer may come first, and it is
 * not the reason. The reader's own is, unless it says no more than that its stream ended early.
 */
async function ownReason(error: unknown, drained: Promise<void>): Promise<MemoirError | null> {
  if (!(error instanceof LibvirtError)) return null;
  const reason = await atMost(
    drained.catch((own: unknown) => own),
    reasonMs,
  );
  if (!(reason instanceof MemoirError)) return null;
  return reason.code === 'CAPTURE_FAILED' || reason.code === 'STREAM_INVALID' ? null : reason;
}

/** A dump that was refused ends without a byte, and why it was is in libvirt's answer, which is waited for. */
async function unlessRefused(drained: Promise<void>, dump: Promise<unknown>): Promise<void> {
  try {
    await drained;
  } catch (error) {
    if (error instanceof MemoirError && error.details.fault === 'EMPTY') await atMost(dump, answerMs);
    throw error;
  }
}

/** Never resolves; rejects as `promise` does. */
function firstFailure(promise: Promise<void>): Promise<never> {
  return promise.then(() => new Promise<never>(() => undefined));
}

/**
 * Tells the reader that QEMU moves, which it cannot see while the dump goes to a `file`; rejects when nothing moves any more
 * and closing the FIFO would release the guest. Never resolves.
 */
async function watch(parts: CaptureParts, signal: AbortSignal, file: VolumePlace | null): Promise<never> {
  let lastBytes = -1;
  let movedAt = performance.now();
  while (!signal.aborted) {
    await sleep(pollMs);
    if (signal.aborted) break;
    const doneBytes = (await processed(parts)) ?? (file === null ? null : await growth(parts, file));
    if (doneBytes === null) continue;
    if (doneBytes !== lastBytes) {
      lastBytes = doneBytes;
      movedAt = performance.now();
      parts.reader.moved();
    } else if (file === null && performance.now() - movedAt > stallMs)
      throw new MemoirError('STALLED', `the dump made no progress for ${stallMs / 1000} s while the guest was paused`);
  }
  return new Promise<never>(() => undefined);
}

/** Bytes that the file of a dump takes on the hypervisor's host, for a libvirt that tells nothing of its job. */
async function growth({ links: { control: link } }: CaptureParts, file: VolumePlace): Promise<number | null> {
  try {
    const { allocation } = await link.call('storageVolGetInfo', { volume: await volumeAt(link, file) });
    return Number(allocation);
  } catch {
    return null;
  }
}

/** Bytes of memory that QEMU has written, by libvirt's job statistics; null where it does not say. */
async function processed({ links: { control: link }, guest }: CaptureParts): Promise<number | null> {
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

/**
 * Errors of the open itself, a few milliseconds after the guest was paused: the daemon is confined, is another user, or sees
 * other folders than we do (a container, a private /tmp).
 */
const refusals: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EROFS']);

function isRefusedPath(error: unknown): error is LibvirtError {
  return error instanceof LibvirtError && refusals.has(error.errno);
}

/** A refused path is the one refusal that a person can mend: if there is no way around it, it is said in words. */
async function otherPlace(
  refused: LibvirtError,
  path: string,
  elsewhere: () => Promise<VolumePlace>,
): Promise<VolumePlace> {
  try {
    return await elsewhere();
  } catch (error) {
    if (error instanceof MemoirError && error.code === 'NO_SPACE') throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new MemoirError(
      'HYPERVISOR_REFUSED',
      `libvirt may not write to ${path} (${refused.message}), and there is no storage pool for a detour (${why})`,
      {
        cause: error,
        hint: 'Let libvirt reach /run of this host, or give it an active storage pool of type dir with room for the memory: see deploy/.',
      },
    );
  }
}
