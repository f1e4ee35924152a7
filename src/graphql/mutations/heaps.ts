import type { AllocationNode } from '../../heaps/allocation-profile.ts';
import type { StoredCapture } from '../../heaps/captures/heap-capture.ts';
import type { Operation } from '../../operations/operation.ts';
import { heldError } from '../../records/holds.ts';
import { builder, failsAlone } from '../builder.ts';
import { given } from '../given.ts';
import { heapDownload } from '../heap-download.ts';
import { attempt, payloadType } from '../payload.ts';
import { HeapCaptureType, HeapSnapshotType, HeapVerificationType } from '../types/heap-capture.ts';

const PodSelectionInput = builder.inputType('PodSelectionInput', {
  description: 'Pods of a cluster by their labels.',
  fields: (t) => ({
    selector: t.string({ required: true, description: 'Their labels: app=shop,tier!=test.' }),
    namespace: t.string({ description: 'Their namespace; the server’s own if absent.' }),
    container: t.string({ description: 'Only containers with this name.' }),
  }),
});

const CaptureHeapInput = builder.inputType('CaptureHeapInput', {
  description: 'Whose heap to capture, and how.',
  fields: (t) => ({
    target: t.string({ description: 'An id of heapTargets, a pid, or a name; or pods instead.' }),
    pods: t.field({ type: PodSelectionInput, description: 'Instead of a target: the one process in these pods.' }),
    service: t.string({ description: 'What the service is called; the target’s own name if absent.' }),
    thread: t.string({ description: 'A worker thread of heapOptions; the main one if absent.' }),
    waitsSec: t.floatList({
      description: 'Seconds between each snapshot and the next, at most 20: [180] is a pair. A single one if absent.',
    }),
    force: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Capture even if the process may not survive it.',
    }),
    redact: t.boolean({ description: 'Remove the contents of strings; the server’s setting if absent.' }),
    idempotencyKey: t.string({ description: 'The same key again starts nothing new.' }),
  }),
});

type Started = { readonly operation: Operation };

const CaptureHeapPayload = payloadType<Started>('CaptureHeapPayload', 'The operation that was started.', (t) => ({
  operation: t.expose('operation', {
    type: HeapCaptureType,
    nullable: true,
    description: 'The operation: follow it with operationProgress.',
  }),
}));

builder.mutationField('captureHeap', (t) =>
  t.field({
    type: CaptureHeapPayload,
    ...failsAlone,
    description:
      'Captures the heap of a running Node.js process, once or several times in one session. The process does not respond during a snapshot: ask heapOptions before.',
    args: { input: t.arg({ type: CaptureHeapInput, required: true, description: 'Whose, and how.' }) },
    resolve: attempt(
      async ({ input }: { input: typeof CaptureHeapInput.$inferInput }, { services, actor, traceparent }) => ({
        operation: await services.heaps.capture(
          {
            ...given(input),
            ...(input.pods == null ? {} : { pods: given(input.pods) }),
            ...(traceparent === null ? {} : { traceparent }),
          } as never,
          actor.name,
        ),
      }),
    ),
  }),
);

const CancelHeapCapturePayload = payloadType<Started>(
  'CancelHeapCapturePayload',
  'Result of the cancellation.',
  (t) => ({
    operation: t.expose('operation', {
      type: HeapCaptureType,
      nullable: true,
      description: 'The operation, which ends soon; what it had stored stays.',
    }),
  }),
);

builder.mutationField('cancelHeapCapture', (t) =>
  t.field({
    type: CancelHeapCapturePayload,
    ...failsAlone,
    description: 'Ends a capture, also while it waits. Snapshots that it had stored stay.',
    args: { id: t.arg.id({ required: true, description: 'The operation.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services, actor }) => ({
      operation: await services.heaps.cancel(id, actor.name),
    })),
  }),
);

const DeleteHeapCapturePayload = payloadType<{ readonly capture: StoredCapture }>(
  'DeleteHeapCapturePayload',
  'Result of the deletion.',
  (t) => ({
    capture: t.expose('capture', { type: HeapSnapshotType, nullable: true, description: 'What was deleted.' }),
  }),
);

builder.mutationField('deleteHeapCapture', (t) =>
  t.field({
    type: DeleteHeapCapturePayload,
    ...failsAlone,
    description: 'Deletes a stored snapshot and its manifest for good.',
    authScopes: { role: 'ADMIN' },
    args: { id: t.arg.id({ required: true, description: 'The snapshot.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => {
      const { sessionId } = await services.heaps.find(id);
      const [hold] = await services.retention.holdsOf('HEAP', [sessionId]);
      if (hold != null) throw heldError(hold);
      return { capture: await services.heaps.remove(id) };
    }),
  }),
);

const VerifyHeapCapturePayload = payloadType<Started>(
  'VerifyHeapCapturePayload',
  'The verification that was started.',
  (t) => ({
    operation: t.expose('operation', {
      type: HeapVerificationType,
      nullable: true,
      description: 'The operation: follow it with operationProgress.',
    }),
  }),
);

builder.mutationField('verifyHeapCapture', (t) =>
  t.field({
    type: VerifyHeapCapturePayload,
    ...failsAlone,
    description: 'Reads a stored snapshot back and compares it with its digest and its frames’ checksums.',
    args: { id: t.arg.id({ required: true, description: 'The snapshot.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services, actor }) => ({
      operation: await services.heaps.verify(id, actor.name),
    })),
  }),
);

const CreateHeapDownloadPayload = payloadType<{ readonly url: string }>(
  'CreateHeapDownloadPayload',
  'The link that was made.',
  (t) => ({
    url: t.string({
      nullable: true,
      description: 'Path on this server; good for ten minutes, and a secret until then.',
      resolve: ({ url }) => url ?? null,
    }),
  }),
);

builder.mutationField('createHeapDownload', (t) =>
  t.field({
    type: CreateHeapDownloadPayload,
    ...failsAlone,
    description: 'Makes a link to a snapshot as DevTools opens it. Scripts need none: they send their token.',
    authScopes: { role: 'ADMIN' },
    args: { id: t.arg.id({ required: true, description: 'The snapshot.' }) },
    resolve: attempt(async ({ id }: { id: string }, { services, actor }) => {
      await services.heaps.find(id);
      const { ticket } = services.access.tickets.issue(actor, heapDownload(id));
      return { url: `/api/heaps/${encodeURIComponent(id)}/snapshot?${new URLSearchParams({ ticket })}` };
    }),
  }),
);

interface AllocationRow {
  readonly name: string;
  readonly script: string;
  readonly line: number;
  readonly selfBytes: number;
  readonly depth: number;
}

/** The tree as rows, each behind its parent: GraphQL has no trees of any depth. */
function rowsOf(root: AllocationNode): AllocationRow[] {
  const rows: AllocationRow[] = [];
  const add = ({ name, script, line, selfBytes, children }: AllocationNode, depth: number) => {
    if (rows.length >= maxRows) return;
    rows.push({ name, script, line, selfBytes, depth });
    for (const child of children) add(child, depth + 1);
  };
  add(root, 0);
  return rows;
}
const maxRows = 5000;

const AllocationRowType = builder.objectRef<AllocationRow>('AllocationRow').implement({
  description: 'A function in a tree of calls, behind its caller.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The function.' }),
    script: t.exposeString('script', { description: 'Its script; empty for what V8 has built in.' }),
    line: t.exposeInt('line', { description: 'Its line.' }),
    selfBytes: t.expose('selfBytes', { type: 'ByteCount', description: 'What it allocated itself, as sampled.' }),
    depth: t.exposeInt('depth', { description: 'How deep in the tree; 0 is the root.' }),
  }),
});

const SampleAllocationsPayload = payloadType<{ readonly rows: AllocationRow[] }>(
  'SampleAllocationsPayload',
  'What allocated how much.',
  (t) => ({
    rows: t.field({
      type: [AllocationRowType],
      nullable: true,
      description: 'The tree of calls, at most 5000 functions.',
      resolve: ({ rows }) => rows ?? null,
    }),
  }),
);

builder.mutationField('sampleAllocations', (t) =>
  t.field({
    type: SampleAllocationsPayload,
    ...failsAlone,
    description: 'Samples which functions allocate memory that stays, for up to 50 seconds. Stalls nothing.',
    args: {
      target: t.arg.string({ required: true, description: 'An id of heapTargets, a pid, or a name.' }),
      seconds: t.arg.float({ required: true, defaultValue: 10, description: 'For how long, at most 50.' }),
    },
    resolve: attempt(async ({ target, seconds }: { target: string; seconds: number }, { services }) => {
      const ms = Math.min(seconds, 50) * 1000;
      return { rows: rowsOf(await services.heaps.sample(target, ms, AbortSignal.timeout(ms + 15_000))) };
    }),
  }),
);
