import type { Closable } from '../../domain/closable.ts';
import { isMemoirError, MemoirError, toErrorShape } from '../../domain/memoir-error.ts';
import type { VolumeParts } from '../kinds/volume-kind.ts';
import type { Attachment, DeviceMapping, Volume, VolumePatch } from '../volume.ts';
import type { ProvidedVolume } from '../volume-provider.ts';
import { checkExports } from './export-check.ts';
import type { ReconcileReport } from './reconcile-report.ts';
import { toMapping } from './to-mapping.ts';

export interface ReconcilerOptions extends VolumeParts {
  /** Whether an operation is at work on the volume: then it is that operation's. */
  readonly isBusy: (volumeId: string) => Promise<boolean>;
  readonly machineName: (machineId: string) => Promise<string>;
  readonly log: { warn(facts: object, message: string): void };
  readonly intervalMs?: number;
  /** Begins with one at once. */
  readonly immediately?: boolean;
}

/** Compares the catalogue with the world, and writes down what the world says. Never deletes bytes that someone could have. */
export interface Reconciler extends Closable {
  /** Now; who asks while one is under way gets that one's result. */
  reconcile(): Promise<ReconcileReport>;
  readonly last: ReconcileReport | null;
  /** Tells of every report from now on, until the returned function is called. */
  watch(listener: (report: ReconcileReport) => void): () => void;
}

const timeoutMs = 60_000;

export function startReconciler(options: ReconcilerOptions): Reconciler {
  const { catalogue, provider, intervalMs = 60_000, now = Date.now, log } = options;
  let last: ReconcileReport | null = null;
  let running: Promise<ReconcileReport> | undefined;
  const closing = new AbortController();
  /** Volumes whose device was another volume's in the catalogue. */
  const conflicts = new Set<string>();
  const timer = setInterval(() => void tick(), intervalMs).unref();
  if (options.immediately) void tick();
  let told = '';
  const listeners = new Set<{ readonly tell: (report: ReconcileReport) => void }>();

  /** Where there are no volumes, a provider that nobody uses is not asked. */
  async function tick(): Promise<void> {
    const volumes = await catalogue.list().catch(() => []);
    if (volumes.length > 0 && !closing.signal.aborted) await reconcile().catch(() => undefined);
  }

  function reconcile(): Promise<ReconcileReport> {
    running ??= look().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function look(): Promise<ReconcileReport> {
    const begunMs = performance.now();
    const repaired: string[] = [];
    const problems = new Map<string, string>();
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
    const before = await catalogue.list();
    let orphans: ProvidedVolume[] = [];
    let failure: string | null = null;
    try {
      const provided = new Map((await provider.list(signal)).map((volume) => [volume.mark, volume]));
      for (const volume of before) {
        signal.throwIfAborted();
        // Busy now, or changed since the list was read: the list may be about another time.
        if (await options.isBusy(volume.id)) continue;
        // What was imported does not carry our mark, so it is in no list.
        const isImported = volume.providerId === volume.id;
        const there = provided.get(volume.id) ?? (isImported ? await provider.describe(volume.id, signal) : null);
        if (there !== null) provided.set(volume.id, there);
        const settled = await settle(volume, there, signal);
        if (settled.repaired !== null) repaired.push(`${volume.name}: ${settled.repaired}`);
        if (settled.problem !== null) problems.set(volume.id, `${volume.name}: ${settled.problem}`);
      }
      // Devices that have exchanged their places: both had to be given up before either could be written down.
      for (const volume of await catalogue.list())
        if (conflicts.delete(volume.id)) {
          const settled = await settle(volume, provided.get(volume.id) ?? null, signal);
          if (settled.repaired !== null) repaired.push(`${volume.name}: ${settled.repaired}`);
          if (settled.problem === null) problems.delete(volume.id);
        }
      const known = new Set((await catalogue.list()).map(({ id }) => id));
      const isKnown = ({ mark }: ProvidedVolume): boolean => known.has(mark) || before.some(({ id }) => id === mark);
      orphans = [...provided.values()].filter((volume) => !isKnown(volume));
      await removeStaleNames(repaired, problems);
      await checkExports(options, repaired, problems);
    } catch (error) {
      failure = toErrorShape(error).message;
    }
    const tookMs = Math.round(performance.now() - begunMs);
    last = {
      atMs: now(),
      tookMs,
      volumes: before.length,
      repaired,
      problems: [...problems.values()],
      orphans,
      failure,
    };
    for (const { tell } of [...listeners]) tell(last);
    // What stays as it is is told once, not every minute.
    const news = { repaired, problems: last.problems, failure };
    const text = JSON.stringify(news);
    if (text !== told && repaired.length + problems.size + (failure === null ? 0 : 1) > 0)
      log.warn(news, 'volumes reconciled');
    told = text;
    return last;
  }

  interface Settled {
    readonly repaired: string | null;
    readonly problem: string | null;
  }

  async function settle(volume: Volume, provided: ProvidedVolume | null, signal: AbortSignal): Promise<Settled> {
    const { id, version, state } = volume;
    if (state === 'CREATING') {
      // Its creation failed, and nobody was given it.
      if (provided !== null) await provider.delete(id, signal);
      return (await catalogue.remove(id, version)) ? fixed('an unfinished creation was removed') : nothing;
    }
    if (provided === null) {
      if (state === 'DELETING')
        return (await catalogue.remove(id, version)) ? fixed('its deletion was finished') : nothing;
      const problem = new MemoirError('NOT_FOUND', `${provider.kind} no longer has it`);
      return write(volume, { problem: toErrorShape(problem) }, null, problem.message);
    }
    const [machineId, another] = provided.attachedTo;
    if (another !== undefined) {
      const problem = new MemoirError(
        'VOLUME_IN_USE',
        `it is attached to several machines: ${provided.attachedTo.join(', ')}`,
      );
      return write(volume, { problem: toErrorShape(problem) }, null, problem.message);
    }
    const { providerId, sizeBytes, serial } = provided;
    const facts = { providerId, sizeBytes, serial, problem: null } as const;
    if (machineId === undefined) return detached(volume, facts);
    return attached({ ...volume, ...facts }, machineId, facts, volume);
  }

  async function detached(volume: Volume, facts: VolumePatch): Promise<Settled> {
    // Bytes of a device that has gone are nobody's.
    const losesExport = volume.device !== null && volume.export !== null;
    if (losesExport) await options.exports.remove(volume.id);
    const kept = losesExport ? ({ export: null } as const) : {};
    const patch = { ...facts, ...kept, state: 'AVAILABLE', attachment: null, device: null } as const;
    const text = volume.attachment === null ? `its state was ${volume.state}` : 'it is no longer attached';
    const isNews = volume.state !== 'AVAILABLE' || volume.attachment !== null;
    if (isNews) await dropName(volume.name);
    return write(volume, patch, isNews ? text : null, null);
  }

  async function attached(seen: Volume, machineId: string, facts: VolumePatch, before: Volume): Promise<Settled> {
    const isNew = before.attachment?.machineId !== machineId;
    const attachment: Attachment =
      before.attachment !== null && !isNew
        ? before.attachment
        : { machineId, machineName: await options.machineName(machineId), sinceMs: now(), newerThan: null, boot: null };
    const base = { ...facts, state: 'ATTACHED', attachment } as const;
    const news = isNew
      ? `it is attached to ${attachment.machineName}`
      : before.state === 'ATTACHED'
        ? null
        : `its state was ${before.state}`;
    if (!provider.isHere(machineId)) {
      if (before.export !== null) await options.exports.remove(before.id);
      return write(before, { ...base, device: null, export: null }, news, null);
    }
    const found = await findDevice({ ...seen, attachment, device: isNew ? null : before.device });
    if (found instanceof MemoirError) {
      // Whoever asks for the device is refused from now on.
      if (before.export !== null) await options.exports.remove(before.id);
      await dropName(before.name);
      return write(before, { ...base, problem: toErrorShape(found) }, news, found.message);
    }
    const isOther =
      before.device?.rdev !== found.rdev ||
      before.device.diskseq !== found.diskseq ||
      before.device.boot !== found.boot;
    // It shows the old device; it is made anew of this one.
    if (isOther && before.export !== null) await options.exports.remove(before.id);
    const settled = await write(
      before,
      { ...base, device: found },
      isOther ? `its device is ${found.path}` : news,
      null,
    );
    const isNameless = settled.problem === null && !(await options.names.shows(before.name, found));
    if (isNameless) await options.names.set(before.name, found);
    return settled;
  }

  /** The device that was pinned; or, where its serial proves it, another one, verified from the beginning. */
  async function findDevice(volume: Volume): Promise<DeviceMapping | MemoirError> {
    try {
      const device =
        volume.device === null || volume.serial !== null
          ? await options.finder.identified(volume)
          : await options.finder.verified(volume);
      return toMapping(device, options.finder.boot, now());
    } catch (error) {
      if (isMemoirError(error)) return error;
      throw error;
    }
  }

  async function write(
    volume: Volume,
    patch: VolumePatch,
    repaired: string | null,
    problem: string | null,
  ): Promise<Settled> {
    if (same(volume, patch)) return { repaired: null, problem };
    try {
      const written = await catalogue.change(volume.id, patch, now(), volume.version);
      return written === null ? nothing : { repaired, problem };
    } catch (error) {
      if (!isMemoirError(error, 'DEVICE_AMBIGUOUS')) throw error;
      conflicts.add(volume.id);
      await dropName(volume.name);
      await catalogue.change(
        volume.id,
        { ...patch, device: null, problem: toErrorShape(error) },
        now(),
        volume.version,
      );
      return { repaired: null, problem: error.message };
    }
  }

  /** What still has the name open keeps it: that is told, and tried again with the next comparison. */
  async function dropName(name: string): Promise<boolean> {
    try {
      await options.names.remove(name);
      return true;
    } catch (error) {
      if (isMemoirError(error, 'VOLUME_IN_USE')) return false;
      throw error;
    }
  }

  async function removeStaleNames(repaired: string[], problems: Map<string, string>): Promise<void> {
    const devices = new Map((await catalogue.list()).map((volume) => [volume.name, volume.device]));
    for (const name of (await options.names.list()).keys()) {
      const device = devices.get(name);
      if (device && (await options.names.shows(name, device))) continue;
      if (await dropName(name)) repaired.push(`${name}: a stale device name was removed`);
      else problems.set(`name ${name}`, `${name}: its device has gone, and something has its name open`);
    }
  }

  return {
    reconcile,
    get last() {
      return last;
    },
    watch(tell) {
      const mine = { tell };
      listeners.add(mine);
      return () => void listeners.delete(mine);
    },
    async close() {
      clearInterval(timer);
      closing.abort(new MemoirError('SHUTTING_DOWN', 'the server is stopping'));
      await running?.catch(() => undefined);
    },
  };
}

const nothing = { repaired: null, problem: null } as const;
const fixed = (repaired: string) => ({ repaired, problem: null });

/** Whether nothing would change but when a device was looked at. */
function same(volume: Volume, patch: VolumePatch): boolean {
  const plain = (value: unknown): string =>
    JSON.stringify(value, (key, inner: unknown) => (key === 'verifiedAtMs' ? undefined : inner));
  return Object.entries(patch).every(([key, value]) => plain(volume[key as keyof VolumePatch]) === plain(value));
}
