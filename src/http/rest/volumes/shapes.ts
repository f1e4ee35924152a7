import type { OperationState } from '../../../domain/operation-state.ts';
import { isNameOf } from '../../../domain/table.ts';

/** What is read of an operation on a volume. */
export const operationFields = `id kind state message createdAt startedAt finishedAt error { code message hint }
  ... on VolumeOperation { volumeId volumeName devicePath vmId sizeBytes }`;

export interface OperationNode {
  readonly id: string;
  readonly kind: VolumeKind;
  readonly state: OperationState;
  readonly message: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
  readonly volumeId?: string | null;
  readonly volumeName?: string | null;
  readonly devicePath?: string | null;
  readonly vmId?: string | null;
  readonly sizeBytes?: number | null;
}

export const volumeFields = `id name provider providerId state sizeBytes serial zone offering createdAt updatedAt
  attachment { machineId machineName since } device { path rdev diskseq sizeBytes verifiedAt } problem { code message hint }`;

export interface VolumeNode {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly providerId: string | null;
  readonly state: string;
  readonly sizeBytes: number;
  readonly serial: string | null;
  readonly zone: string | null;
  readonly offering: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly attachment: { readonly machineId: string; readonly machineName: string; readonly since: string } | null;
  readonly device: DeviceNode | null;
  readonly problem: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

export interface DeviceNode {
  readonly path: string;
  readonly rdev: string;
  readonly diskseq: number | null;
  readonly sizeBytes: number;
  readonly verifiedAt: string;
}

/** The old daemon's words for kinds and states. */
export const types = {
  VOLUME_CREATE: 'create',
  VOLUME_ATTACH: 'attach',
  VOLUME_DETACH: 'detach',
  VOLUME_DELETE: 'delete',
  VOLUME_RESIZE: 'resize',
  VOLUME_EXPORT: 'export',
  VOLUME_UNEXPORT: 'unexport',
  VOLUME_FORMAT: 'format',
} as const;
export type VolumeKind = keyof typeof types;

export const statuses = {
  QUEUED: 'pending',
  RUNNING: 'executing',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'failed',
} as const satisfies Record<OperationState, string>;

const operationPrefix = 'op-';
const volumePrefix = 'vol-';

/** Its ids have a prefix; ours are accepted without one too. */
export const fromOperationId = (id: string): string => id.replace(operationPrefix, '');
export const fromVolumeId = (id: string): string => (id.startsWith(volumePrefix) ? bare(id) : id);
const toVolumeId = (id: string): string => volumePrefix + id;
/** A volume may be called `vol-1`: a prefix is one only in front of a UUID. */
const bare = (id: string): string => (/^vol-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id.slice(4) : id);

/** Times without fractions, as the old daemon printed them. */
const seconds = (time: string): string => time.replace(/\.\d+Z$/, 'Z');

/** Other operations have no such fields. */
export const isOfVolume = (node: OperationNode | { readonly kind: string }): node is OperationNode =>
  isNameOf(types, node.kind);

/** An operation in the old shape: what it does not have is left out, not null. */
export function toOperation(node: OperationNode) {
  const { id, kind, state, message, createdAt, startedAt, finishedAt, error, devicePath, vmId, sizeBytes } = node;
  const type = types[kind];
  const isDone = state === 'COMPLETED';
  // A volume that is being created is nobody's yet.
  const volumeId = node.volumeId == null || (type === 'create' && !isDone) ? null : toVolumeId(node.volumeId);
  const response = { volume_id: volumeId, message, ...(devicePath == null ? {} : { device_path: devicePath }) };
  const request = {
    ...(type === 'create' ? { name: node.volumeName } : { volume_id: volumeId }),
    ...(sizeBytes == null ? {} : { size: sizeBytes }),
    ...(vmId == null ? {} : { vm_id: vmId }),
  };
  return {
    id: operationPrefix + id,
    type,
    status: statuses[state],
    ...(volumeId === null ? {} : { volume_id: volumeId }),
    ...(vmId == null ? {} : { vm_id: vmId }),
    request,
    ...(isDone ? { response } : {}),
    ...(error === null ? {} : { error: error.message, error_code: error.code, error_hint: error.hint }),
    created_at: seconds(createdAt),
    updated_at: seconds(finishedAt ?? startedAt ?? createdAt),
    ...(finishedAt === null ? {} : { completed_at: seconds(finishedAt) }),
  };
}

export function toVolume(node: VolumeNode) {
  const { attachment, device, problem } = node;
  return {
    id: toVolumeId(node.id),
    volume_id: toVolumeId(node.id),
    name: node.name,
    size: node.sizeBytes,
    status: node.state.toLowerCase(),
    state: node.state.toLowerCase(),
    provider: node.provider,
    provider_id: node.providerId,
    serial: node.serial,
    zone_id: node.zone,
    disk_offering_id: node.offering,
    vm_id: attachment?.machineId ?? null,
    vm_name: attachment?.machineName ?? null,
    device_path: device?.path ?? null,
    problem: problem?.message ?? null,
    created_at: seconds(node.createdAt),
    updated_at: seconds(node.updatedAt),
  };
}

/** A row of the old daemon's `device_mappings`. */
export function toMapping(volume: VolumeNode, device: DeviceNode) {
  return {
    volume_id: toVolumeId(volume.id),
    vm_id: volume.attachment?.machineId ?? null,
    device_path: device.path,
    cloudstack_state: volume.state.toLowerCase(),
    linux_state: 'detected',
    size: device.sizeBytes,
    device_number: device.rdev,
    diskseq: device.diskseq,
    serial: volume.serial,
    last_sync: seconds(device.verifiedAt),
    created_at: seconds(volume.attachment?.since ?? volume.createdAt),
    updated_at: seconds(volume.updatedAt),
  };
}
