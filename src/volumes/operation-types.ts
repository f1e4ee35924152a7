import { z } from 'zod';
import type { Json } from '../domain/json.ts';
import { type OperationType, operationType } from '../operations/operation-type.ts';

// What the journal keeps of this room's operations. What older versions did not write yet has a default here.

const bytes = z.number().int().positive();
const placement = z.object({ zone: z.string().nullable(), offering: z.string().nullable() });
const about = { volumeId: z.string(), name: z.string(), traceparent: z.string().nullable().default(null) };
const at = { machineId: z.string(), machineName: z.string() };

/** The results that the old daemon's callers read: `volume_id`, `device_path`, `message`. */
const result = z.object({
  volumeId: z.string(),
  devicePath: z.string().nullable().default(null),
  uri: z.string().nullable().default(null),
});
export type VolumeResult = z.infer<typeof result>;

function volumeOperation<Request extends Json>(
  name: string,
  underWay: string,
  request: z.ZodType<Request>,
): OperationType<Request, VolumeResult> {
  return operationType({ name, underWay, request, result });
}

const createRequest = z.object({ ...about, sizeBytes: bytes, placement });
const machineRequest = z.object({ ...about, ...at });
const plainRequest = z.object(about);
const exportRequest = z.object({ ...about, writable: z.boolean() });
const resizeRequest = z.object({ ...about, sizeBytes: bytes });

export type CreateRequest = z.infer<typeof createRequest>;
export type MachineRequest = z.infer<typeof machineRequest>;
export type PlainRequest = z.infer<typeof plainRequest>;
export type ExportRequest = z.infer<typeof exportRequest>;
export type ResizeRequest = z.infer<typeof resizeRequest>;

const underWay = 'another operation on this volume or its machine is queued or running';
export const createType = volumeOperation('VOLUME_CREATE', underWay, createRequest);
export const attachType = volumeOperation('VOLUME_ATTACH', underWay, machineRequest);
export const detachType = volumeOperation('VOLUME_DETACH', underWay, machineRequest);
export const deleteType = volumeOperation('VOLUME_DELETE', underWay, plainRequest);
export const resizeType = volumeOperation('VOLUME_RESIZE', underWay, resizeRequest);
export const exportType = volumeOperation('VOLUME_EXPORT', underWay, exportRequest);
export const unexportType = volumeOperation('VOLUME_UNEXPORT', underWay, plainRequest);

export const formatType = volumeOperation('VOLUME_FORMAT', underWay, plainRequest);

export const volumeSubject = (volumeId: string): string => `volume:${volumeId}`;
