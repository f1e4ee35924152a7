import { isNameOf } from '../domain/table.ts';

/** Every kind of operation, by its journaled name, with the type that shows it. What this version does not know is OTHER. */
export const operationKinds = {
  DUMP: { type: 'Dump', description: 'Captures the memory of a machine.' },
  VERIFY: { type: 'Verification', description: 'Reads an artifact back and compares it with its digests.' },
  REINDEX: { type: 'Reindex', description: 'Rebuilds the catalogue from the manifests.' },
  RECORDS_SYNC: { type: 'RecordSync', description: 'Brings the catalogue and InfluxDB together.' },
  VOLUME_CREATE: { type: 'VolumeOperation', description: 'Creates a volume.' },
  VOLUME_ATTACH: { type: 'VolumeOperation', description: 'Attaches a volume to a machine, and finds its device.' },
  VOLUME_DETACH: { type: 'VolumeOperation', description: 'Detaches a volume from its machine.' },
  VOLUME_DELETE: { type: 'VolumeOperation', description: 'Deletes a volume with its bytes.' },
  VOLUME_RESIZE: { type: 'VolumeOperation', description: 'Makes a volume larger.' },
  VOLUME_EXPORT: { type: 'VolumeOperation', description: 'Shows a volume’s bytes over NBD.' },
  VOLUME_UNEXPORT: { type: 'VolumeOperation', description: 'Ends a volume’s export.' },
  VOLUME_FORMAT: { type: 'VolumeOperation', description: 'Makes a file system on an empty volume.' },
  HEAP_CAPTURE: { type: 'HeapCapture', description: 'Captures the heap of a Node.js process.' },
  HEAP_VERIFY: { type: 'HeapVerification', description: 'Reads a heap snapshot back and compares it with its digest.' },
  OTHER: { type: 'OtherOperation', description: 'A kind that this version does not know.' },
} as const;

export type OperationKindName = keyof typeof operationKinds;

export const kindNameOf = (kind: string): OperationKindName => (isNameOf(operationKinds, kind) ? kind : 'OTHER');
