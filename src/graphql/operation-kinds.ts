/** Every kind of operation, by its journaled name, with the type that shows it. What this version does not know is OTHER. */
export const operationKinds = {
  DUMP: { type: 'Dump', description: 'Captures the memory of a machine.' },
  VERIFY: { type: 'Verification', description: 'Reads an artifact back and compares it with its digests.' },
  REINDEX: { type: 'Reindex', description: 'Rebuilds the catalogue from the manifests.' },
  RECORDS_SYNC: { type: 'RecordSync', description: 'Brings the catalogue and InfluxDB together.' },
  OTHER: { type: 'OtherOperation', description: 'A kind that this version does not know.' },
} as const;

export type OperationKindName = keyof typeof operationKinds;

export const kindNameOf = (kind: string): OperationKindName =>
  Object.hasOwn(operationKinds, kind) ? (kind as OperationKindName) : 'OTHER';
