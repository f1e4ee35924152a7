import type { CaptureSession } from '../../heaps/captures/capture-catalogue.ts';
import type { StoredCapture } from '../../heaps/captures/heap-capture.ts';
import { type HeapCaptureResult, heapCaptureType, heapVerifyType } from '../../heaps/operation-types.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder } from '../builder.ts';
import { NodeInterface } from './node.ts';
import { OperationInterface } from './operation.ts';

export const HeapSnapshotType = builder.objectRef<StoredCapture>('HeapSnapshot').implement({
  description: 'A stored heap snapshot.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Identity.' }),
    session: t.exposeString('sessionId', { description: 'The session that it belongs to.' }),
    index: t.exposeInt('index', { description: 'Which of the session: 0 is the first.' }),
    service: t.exposeString('service', { description: 'What the service is called.' }),
    target: t.exposeString('targetId', { description: 'The process.' }),
    kind: t.exposeString('targetKind', { description: 'Where it came from: process, docker, kubernetes or upload.' }),
    container: t.exposeString('container', { nullable: true, description: 'The container, if any.' }),
    thread: t.exposeString('thread', { nullable: true, description: 'The worker thread; null for the main one.' }),
    nodeVersion: t.exposeString('nodeVersion', { nullable: true, description: 'Version of Node.js.' }),
    takenAt: t.expose('takenAtMs', { type: 'DateTime', description: 'When it was taken.' }),
    stallMs: t.exposeFloat('stallMs', {
      nullable: true,
      description: 'How many milliseconds the process was busy with it; null for uploads.',
    }),
    usedHeapBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Used heap just before.',
      resolve: ({ memory }) => memory?.usedHeapBytes ?? null,
    }),
    rssBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Memory of the whole process just before.',
      resolve: ({ memory }) => memory?.rssBytes ?? null,
    }),
    externalBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Memory outside of the heap just before: not in the snapshot.',
      resolve: ({ memory }) => memory?.externalBytes ?? null,
    }),
    arrayBuffersBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Of that, buffers.',
      resolve: ({ memory }) => memory?.arrayBuffersBytes ?? null,
    }),
    intact: t.boolean({
      description: 'False if a verification found it damaged.',
      resolve: ({ state }) => state === 'AVAILABLE',
    }),
    redacted: t.exposeBoolean('redacted', { description: 'Contents of strings were taken out.' }),
    sizeBytes: t.expose('sizeBytes', { type: 'ByteCount', description: 'Size of the file as stored.' }),
    rawSizeBytes: t.expose('rawSizeBytes', { type: 'ByteCount', description: 'Size of the snapshot itself.' }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of the file as stored.' }),
    location: t.exposeString('location', { description: 'Where the file is.' }),
  }),
});

export const HeapPairType = builder.objectRef<CaptureSession>('HeapPair').implement({
  description: 'Snapshots that belong together: a pair, a series, or a single one.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The operation or upload session that brought them.' }),
    service: t.exposeString('service', { description: 'What the service is called.' }),
    captures: t.field({
      type: [HeapSnapshotType],
      description: 'The snapshots, first to last.',
      resolve: ({ captures }) => [...captures],
    }),
  }),
});

const result = (operation: Operation): HeapCaptureResult | null => heapCaptureType.resultOf(operation);

export const HeapCaptureType = builder.objectRef<Operation>('HeapCapture').implement({
  description: 'The operation that captures the heap of a Node.js process, once or several times.',
  interfaces: [NodeInterface, OperationInterface],
  fields: (t) => ({
    service: t.string({
      description: 'What the service is called.',
      resolve: (operation) => heapCaptureType.requestOf(operation).service,
    }),
    target: t.string({
      description: 'The process.',
      resolve: (operation) => heapCaptureType.requestOf(operation).target,
    }),
    comparedBy: t.string({
      nullable: true,
      description:
        'IDENTITY if objects can be followed from one snapshot to the next, else CLASS; null before the end.',
      resolve: (operation) => result(operation)?.comparedBy ?? null,
    }),
    comparedByReason: t.string({
      nullable: true,
      description: 'Why only by class.',
      resolve: (operation) => result(operation)?.reason ?? null,
    }),
    captures: t.field({
      type: [HeapSnapshotType],
      description: 'The snapshots so far, first to last; they stay, also if the operation fails.',
      resolve: async ({ id }, _, { services }) => [...(await services.heaps.capturesOf(id))],
    }),
  }),
});

export const HeapVerificationType = builder.objectRef<Operation>('HeapVerification').implement({
  description: 'The operation that reads a stored heap snapshot back and compares it with its digest.',
  interfaces: [NodeInterface, OperationInterface],
  fields: (t) => ({
    service: t.string({
      description: 'What the service is called.',
      resolve: (operation) => heapVerifyType.requestOf(operation).service,
    }),
    intact: t.boolean({
      nullable: true,
      description: 'Whether the snapshot is intact: its checksum matches. Null before it is completed.',
      resolve: (operation) => heapVerifyType.resultOf(operation)?.intact ?? null,
    }),
    damage: t.string({
      nullable: true,
      description: 'What is wrong with it; null if it is intact or not examined yet.',
      resolve: (operation) => heapVerifyType.resultOf(operation)?.damage ?? null,
    }),
  }),
});
