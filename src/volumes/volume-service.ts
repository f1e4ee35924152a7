import { randomUUID } from 'node:crypto';
import { MemoirError } from '../domain/memoir-error.ts';
import type { OperationKind } from '../operations/operation-kind.ts';
import type { Operations } from '../operations/operations.ts';
import type { Submission } from '../operations/submission.ts';
import type { BlockDevice } from './devices/block-device.ts';
import { importVolumes } from './import/import-volumes.ts';
import { parseOldTables } from './import/old-tables.ts';
import { createAttachKind } from './kinds/attach-kind.ts';
import { createCreateKind } from './kinds/create-kind.ts';
import { createDeleteKind } from './kinds/delete-kind.ts';
import { createDetachKind } from './kinds/detach-kind.ts';
import { createExportKind, createUnexportKind } from './kinds/export-kind.ts';
import { createFormatKind } from './kinds/format-kind.ts';
import { createResizeKind } from './kinds/resize-kind.ts';
import type { VolumeParts } from './kinds/volume-kind.ts';
import {
  attachType,
  createType,
  deleteType,
  detachType,
  exportType,
  formatType,
  resizeType,
  unexportType,
  volumeSubject,
} from './operation-types.ts';
import { startReconciler } from './reconcile/reconciler.ts';
import type { Volume } from './volume.ts';
import type { VolumeCaller, Volumes } from './volumes.ts';

export interface VolumeServiceOptions extends VolumeParts {
  readonly operations: Operations;
  readonly machines: {
    /** By name or id; null where there is none. */
    find(nameOrId: string): Promise<{ readonly id: string; readonly name: string } | null>;
    /** What operations on a machine exclude each other by. */
    subject(machineId: string): string;
  };
  readonly log: { warn(facts: object, message: string): void };
  readonly reconcileMs?: number;
  /** Compares with the world at once, and not only after the first interval. */
  readonly reconcileAtStart?: boolean;
}

const volumeName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const maxSizeBytes = 2 ** 50;
const maxKeyLength = 200;
/** For asking the provider about each volume of a table. */
const importMs = 300_000;

/** The kinds of operation that the engine has to know. */
export function volumeKindsOf(parts: VolumeParts): readonly OperationKind[] {
  const makers = [
    createCreateKind,
    createAttachKind,
    createDetachKind,
    createDeleteKind,
    createResizeKind,
    createExportKind,
    createUnexportKind,
    createFormatKind,
  ];
  return makers.map((make) => make(parts) as unknown as OperationKind);
}

export function createVolumes(options: VolumeServiceOptions): Volumes {
  const { operations, catalogue, provider, finder, names, machines, log } = options;

  const reconciler = startReconciler({
    ...options,
    immediately: options.reconcileAtStart ?? false,
    ...(options.reconcileMs !== undefined && { intervalMs: options.reconcileMs }),
    async isBusy(id) {
      const query = { subjects: [volumeSubject(id)], states: ['QUEUED', 'RUNNING'], limit: 1 } as const;
      return (await operations.page(query)).operations.length > 0;
    },
    machineName: async (id) => (await machines.find(id).catch(() => null))?.name ?? id,
  });

  const stopWatching = finder.onGone(
    (device) =>
      void removeName(device).catch((error: unknown) => log.warn({ err: error }, 'a device name could not be removed')),
  );
  /** A name outlives its device by no minute: the next device may take the path that it points to. */
  async function removeName(gone: BlockDevice): Promise<void> {
    const { path, diskseq } = gone;
    const volume = (await catalogue.list()).find(({ device }) => device?.path === path && device.diskseq === diskseq);
    if (volume !== undefined && (await names.shows(volume.name, gone))) await names.remove(volume.name);
  }

  async function get(nameOrId: string): Promise<Volume | null> {
    return (await catalogue.get(nameOrId)) ?? catalogue.byName(nameOrId);
  }
  /** Volumes of one machine come and go one after the other; a dump of it excludes them, and they exclude a dump. */
  function inTurn(volumeId: string, machineId: string | null): Pick<Submission, 'subjects' | 'inTurn'> {
    const subject = volumeSubject(volumeId);
    if (machineId === null) return { subjects: [subject] };
    const machine = machines.subject(machineId);
    return { subjects: [subject, machine], inTurn: [machine] };
  }
  async function existing(nameOrId: string): Promise<Volume> {
    const volume = await get(nameOrId);
    if (volume === null) throw new MemoirError('NOT_FOUND', `there is no volume ${nameOrId}`);
    return volume;
  }
  const about = (volumeId: string, name: string, { traceparent }: VolumeCaller) => ({
    volumeId,
    name,
    traceparent: traceparent ?? null,
  });
  function submit(submission: Submission, { actor, idempotencyKey }: VolumeCaller, asked = submission.request) {
    if (idempotencyKey === undefined) return operations.submitOne(submission, { actor });
    if (idempotencyKey.length === 0 || idempotencyKey.length > maxKeyLength)
      throw new MemoirError('BAD_INPUT', `an idempotency key must have 1 to ${maxKeyLength} characters`);
    // Another trace of the same request is the same request.
    const fingerprint = JSON.stringify([submission.kind, asked], (key, value) =>
      key === 'traceparent' ? undefined : value,
    );
    return operations.submitOne(submission, { actor, idempotencyKey, fingerprint });
  }

  return {
    provider: provider.kind,
    list: () => catalogue.list(),
    get,
    async create({ name, sizeBytes, placement }, caller) {
      if (!volumeName.test(name))
        throw new MemoirError(
          'BAD_INPUT',
          'a volume’s name has 1 to 64 letters, digits and ._-, and begins with a letter or digit',
        );
      checkSize(sizeBytes);
      // Of a repeated request the volume may be there already: the key says so before the name does.
      if (caller.idempotencyKey === undefined && (await catalogue.byName(name)) !== null)
        throw new MemoirError('NAME_TAKEN', `there is a volume called ${name} already`);
      const volumeId = randomUUID();
      // The id of a new volume is made anew each time: it is no part of what was asked for.
      const asked = { name, sizeBytes, placement: { ...placement } };
      const request = { ...about(volumeId, name, caller), ...asked };
      const subjects = [volumeSubject(volumeId), `volume-name:${name}`] as const;
      return submit(createType.submission({ subjects, request, message: `Waiting to create ${name}` }), caller, asked);
    },
    async attach(nameOrId, wanted, caller) {
      const { id: volumeId, name, attachment, export: exported } = await existing(nameOrId);
      const machine = await machines.find(wanted);
      if (machine === null) throw new MemoirError('NOT_FOUND', `there is no machine ${wanted}`);
      if (attachment === null && exported !== null)
        throw new MemoirError('VOLUME_IN_USE', `volume ${name} is exported`);
      if (attachment !== null && attachment.machineId !== machine.id)
        throw new MemoirError('VOLUME_IN_USE', `volume ${name} is attached to ${attachment.machineName}`);
      const request = { ...about(volumeId, name, caller), machineId: machine.id, machineName: machine.name };
      const turn = inTurn(volumeId, machine.id);
      return submit(attachType.submission({ ...turn, request, message: `Waiting to attach ${name}` }), caller);
    },
    async detach(nameOrId, wanted, caller) {
      const { id: volumeId, name, attachment, export: exported } = await existing(nameOrId);
      if (attachment === null) throw new MemoirError('NOT_FOUND', `volume ${name} is attached to no machine`);
      const { machineId, machineName } = attachment;
      const machine = wanted === null ? null : await machines.find(wanted);
      if (wanted !== null && wanted !== machineId && machine?.id !== machineId)
        throw new MemoirError('VOLUME_IN_USE', `volume ${name} is attached to ${machineName}, not to ${wanted}`);
      if (exported !== null) throw new MemoirError('VOLUME_IN_USE', `volume ${name} is exported`);
      const request = { ...about(volumeId, name, caller), machineId, machineName };
      const turn = inTurn(volumeId, machineId);
      return submit(detachType.submission({ ...turn, request, message: `Waiting to detach ${name}` }), caller);
    },
    async resize(nameOrId, sizeBytes, caller) {
      const volume = await existing(nameOrId);
      const { id: volumeId, name, attachment } = volume;
      checkSize(sizeBytes);
      if (sizeBytes < volume.sizeBytes)
        throw new MemoirError('BAD_INPUT', `volume ${name} has ${volume.sizeBytes} bytes, and volumes cannot shrink`);
      const turn = inTurn(volumeId, attachment?.machineId ?? null);
      const request = { ...about(volumeId, name, caller), sizeBytes };
      return submit(resizeType.submission({ ...turn, request, message: `Waiting to resize ${name}` }), caller);
    },
    async remove(nameOrId, caller) {
      const { id: volumeId, name, attachment, export: exported } = await existing(nameOrId);
      if (attachment !== null)
        throw new MemoirError('VOLUME_IN_USE', `volume ${name} is attached to ${attachment.machineName}`);
      if (exported !== null) throw new MemoirError('VOLUME_IN_USE', `volume ${name} is exported`);
      const request = about(volumeId, name, caller);
      const subjects = [volumeSubject(volumeId)] as const;
      return submit(deleteType.submission({ subjects, request, message: `Waiting to delete ${name}` }), caller);
    },
    async addExport(nameOrId, writable, caller) {
      const { id: volumeId, name, attachment, device } = await existing(nameOrId);
      if (attachment !== null && device === null)
        throw new MemoirError(
          'VOLUME_IN_USE',
          `volume ${name} is a disk of ${attachment.machineName}, not of this host`,
        );
      const request = { ...about(volumeId, name, caller), writable };
      const subjects = [volumeSubject(volumeId)] as const;
      return submit(exportType.submission({ subjects, request, message: `Waiting to export ${name}` }), caller);
    },
    async removeExport(nameOrId, caller) {
      const { id: volumeId, name, export: exported } = await existing(nameOrId);
      if (exported === null) throw new MemoirError('NOT_FOUND', `volume ${name} is not exported`);
      const request = about(volumeId, name, caller);
      const subjects = [volumeSubject(volumeId)] as const;
      return submit(
        unexportType.submission({ subjects, request, message: `Waiting to end the export of ${name}` }),
        caller,
      );
    },
    async format(nameOrId, confirm, caller) {
      const { id: volumeId, name, device, export: exported } = await existing(nameOrId);
      if (confirm !== name)
        throw new MemoirError('BAD_INPUT', `to format ${name}, its name has to be given as confirmation`);
      if (exported !== null) throw new MemoirError('VOLUME_IN_USE', `volume ${name} is exported`);
      if (device === null) throw new MemoirError('DEVICE_MISSING', `volume ${name} has no device on this host`);
      const subjects = [volumeSubject(volumeId)] as const;
      const request = about(volumeId, name, caller);
      return submit(formatType.submission({ subjects, request, message: `Waiting to format ${name}` }), caller);
    },
    async device(nameOrId) {
      const volume = await existing(nameOrId);
      if (volume.attachment !== null && volume.device === null && volume.problem !== null)
        throw new MemoirError(volume.problem.code, volume.problem.message, { hint: volume.problem.hint });
      return finder.verified(volume);
    },
    async importTables(sql) {
      const report = await importVolumes(options, parseOldTables(sql), AbortSignal.timeout(importMs));
      // Where each one is attached, and which device it is, only the world says.
      await reconciler.reconcile();
      return report;
    },
    reconcile: () => reconciler.reconcile(),
    get lastReport() {
      return reconciler.last;
    },
    watchReports: (listener) => reconciler.watch(listener),
    get deviceChanges() {
      return finder.changes;
    },
    close() {
      stopWatching();
      return reconciler.close();
    },
  };
}

function checkSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > maxSizeBytes)
    throw new MemoirError('BAD_INPUT', `a volume has 1 to ${maxSizeBytes} bytes`);
}
