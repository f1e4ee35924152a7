import { parseByteSize } from '../../domain/byte-size.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliAttachVolumeDocument,
  CliCreateVolumeDocument,
  CliDeleteVolumeDocument,
  CliDetachVolumeDocument,
  CliExportVolumeDocument,
  CliFormatVolumeDocument,
  CliReconcileVolumesDocument,
  CliResizeVolumeDocument,
  CliUnexportVolumeDocument,
  CliVerificationDocument,
  CliVolumeDeviceDocument,
  CliVolumeOperationDocument,
  CliVolumesDocument,
  type VolumeState,
} from '../generated/graphql.ts';
import { ProgressView } from '../progress-view.ts';
import { bytes, plain, table } from '../text.ts';
import { untilComplete } from '../until-complete.ts';

export interface CreateVolumeOptions {
  readonly size: string;
  readonly zone?: string;
  readonly offering?: string;
  readonly key?: string;
}

export interface ListVolumesOptions {
  readonly state?: (typeof volumeStates)[number];
  readonly vm?: string;
}

export interface ExportVolumeOptions {
  readonly writable?: boolean;
  readonly remove?: boolean;
}

export const volumeStates = ['creating', 'available', 'attaching', 'attached', 'detaching', 'deleting'] as const;
const enums: Record<(typeof volumeStates)[number], VolumeState> = {
  creating: 'CREATING',
  available: 'AVAILABLE',
  attaching: 'ATTACHING',
  attached: 'ATTACHED',
  detaching: 'DETACHING',
  deleting: 'DELETING',
};

/** `5368709120`, `512M`, `5G`. */
function toBytes(text: string): number {
  const size = parseByteSize(text);
  if (size === null) throw new MemoirError('BAD_INPUT', `${plain(text)} is not a size such as 512M or 5G`);
  return size;
}

export async function listVolumes(console: Console, { state, vm }: ListVolumesOptions = {}) {
  const variables = { state: state === undefined ? null : enums[state], vm: vm ?? null };
  const { volumes } = await console.client.ask(CliVolumesDocument, variables);
  if (volumes.some(({ provider }) => provider === 'demo')) console.note('DEMO: these volumes are simulated.\n');
  print(console, volumes, () =>
    table(
      ['NAME', 'STATE', 'SIZE', 'MACHINE', 'DEVICE', 'EXPORT', 'SERIAL', 'PROBLEM'],
      volumes.map(({ name, state, sizeBytes, attachment, device, export: exported, serial, problem }) => [
        name,
        state,
        bytes(sizeBytes),
        attachment?.machineName ?? null,
        device?.path ?? null,
        exported ? (exported.writable ? 'read-write' : 'read-only') : null,
        serial ?? null,
        problem === null || problem === undefined ? null : `${problem.code}: ${problem.message}`,
      ]),
    ),
  );
  return exitCodes.done;
}

export const createVolume = (console: Console, name: string, { size, zone, offering, key }: CreateVolumeOptions) => {
  const placement = { zone: zone ?? null, offering: offering ?? null };
  const input = { name, sizeBytes: toBytes(size), ...placement, idempotencyKey: key ?? null };
  return follow(console, console.client.ask(CliCreateVolumeDocument, { input }));
};
export const attachVolume = (console: Console, volume: string, vm: string) =>
  follow(console, console.client.ask(CliAttachVolumeDocument, { volume, vm }));
export const detachVolume = (console: Console, volume: string, vm: string | undefined) =>
  follow(console, console.client.ask(CliDetachVolumeDocument, { volume, vm: vm ?? null }));
export const resizeVolume = (console: Console, volume: string, size: string) =>
  follow(console, console.client.ask(CliResizeVolumeDocument, { volume, sizeBytes: toBytes(size) }));
export const formatVolume = (console: Console, volume: string, { confirm }: { readonly confirm: string }) =>
  follow(console, console.client.ask(CliFormatVolumeDocument, { volume, confirm }));
export const deleteVolume = (console: Console, volume: string) =>
  follow(console, console.client.ask(CliDeleteVolumeDocument, { volume }));

export const exportVolume = (console: Console, volume: string, options: ExportVolumeOptions) =>
  follow(
    console,
    options.remove === true
      ? console.client.ask(CliUnexportVolumeDocument, { volume })
      : console.client.ask(CliExportVolumeDocument, { volume, writable: options.writable === true }),
  );

/** The device's path alone, for scripts: verified now, or nothing. */
export async function showDevice(console: Console, volume: string) {
  const { volumeDevice } = await console.client.ask(CliVolumeDeviceDocument, { volume });
  print(console, volumeDevice, () => plain(volumeDevice.path));
  return exitCodes.done;
}

/** Compares everything with the world, and says what was and what is wrong. */
export async function examineVolumes(console: Console) {
  const { report } = (await console.client.ask(CliReconcileVolumesDocument, {})).reconcileVolumes;
  const lines = [
    `${report.volumes} volumes compared with the world.`,
    ...report.repaired.map((line) => `repaired  ${plain(line)}`),
    ...report.problems.map((line) => `problem   ${plain(line)}`),
    ...report.orphans.map(
      (one) => `orphan    ${plain(one.providerId)} (${bytes(one.sizeBytes)}): no volume of the catalogue`,
    ),
    ...(report.failure == null ? [] : [`failure   ${plain(report.failure)}`]),
  ];
  print(console, report, () => lines.join('\n'));
  return report.problems.length === 0 && report.failure == null ? exitCodes.done : exitCodes.failed;
}

/** Waits for the end of the operation that a mutation has started. */
async function follow(
  console: Console,
  asked: Promise<{ readonly payload: { readonly operation: { readonly id: string } } }>,
) {
  const { id } = (await asked).payload.operation;
  const view = new ProgressView(console);
  for await (const { operationProgress } of untilComplete(console, CliVerificationDocument, () => ({ ids: [id] })))
    view.show({ ...operationProgress, name: 'volume' });
  const { operation } = await console.client.ask(CliVolumeOperationDocument, { id });
  const error = operation?.error ?? null;
  const path = operation && 'devicePath' in operation ? (operation.exportUri ?? operation.devicePath) : null;
  print(console, operation, () =>
    error === null
      ? [plain(operation?.message ?? ''), ...(path == null ? [] : [plain(path)])].join('\n')
      : `${error.code}: ${plain(error.message)}\n${plain(error.hint)}`,
  );
  return operation?.state === 'COMPLETED' ? exitCodes.done : exitCodes.failed;
}
