import { isMemoirError } from '../../domain/memoir-error.ts';
import { builder, failsAlone } from '../builder.ts';
import { given } from '../given.ts';
import { HeapDiffType, HeapObjectType, HeapSummaryType } from '../types/heap-analysis.ts';
import { HeapPairType, HeapSnapshotType } from '../types/heap-capture.ts';
import { HeapOptionsType, HeapTargetKindEnum, HeapTargetsType } from '../types/heap-target.ts';

/** Looking at processes takes a moment each; a caller waits no longer than this. */
const patience = () => AbortSignal.timeout(30_000);
const most = 500;
const nullIfNotFound = (error: unknown): null => {
  if (isMemoirError(error, 'NOT_FOUND')) return null;
  throw error;
};
const limited = (first: number): number => Math.min(Math.max(first, 1), most);

builder.queryField('heapTargets', (t) =>
  t.field({
    type: HeapTargetsType,
    ...failsAlone,
    description:
      'The Node.js processes that this server reaches. Pods are looked into only where namespace, pod, selector or kind K8S say so: it starts a small program in each of their containers for a moment.',
    authScopes: { role: 'OPERATOR' },
    args: {
      kind: t.arg({ type: HeapTargetKindEnum, description: 'Only of this kind.' }),
      namespace: t.arg.string({ description: 'Of the pods; the server’s own if absent.' }),
      pod: t.arg.string({ description: 'Only of this pod.' }),
      container: t.arg.string({ description: 'Only of containers of pods with this name.' }),
      selector: t.arg.string({ description: 'Only of pods with these labels: app=shop,tier!=test.' }),
    },
    resolve: (_, args, { services }) => services.heaps.targets(given(args), patience()),
  }),
);

builder.queryField('heapOptions', (t) =>
  t.field({
    type: HeapOptionsType,
    ...failsAlone,
    description: 'What a capture would mean for a process. Opens its inspector for a moment; stalls nothing.',
    authScopes: { role: 'OPERATOR' },
    args: { target: t.arg.string({ required: true, description: 'An id of heapTargets, a pid, or a name.' }) },
    resolve: (_, { target }, { services }) => services.heaps.options(target, patience()),
  }),
);

builder.queryField('heapCapture', (t) =>
  t.field({
    type: HeapSnapshotType,
    nullable: true,
    description: 'One stored snapshot; null if there is none.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: async (_, { id }, { services }) => services.heaps.find(id).catch(nullIfNotFound),
  }),
);

builder.queryField('heapPairs', (t) =>
  t.field({
    type: [HeapPairType],
    ...failsAlone,
    description: 'Snapshots by the session that brought them, the newest first.',
    args: {
      service: t.arg.string({ description: 'Only of this service.' }),
      first: t.arg.int({ required: true, defaultValue: 50, description: 'How many, 1 to 500.' }),
      offset: t.arg.int({ required: true, defaultValue: 0, description: 'After how many.' }),
    },
    extensions: { pageLength: ({ first }: { first?: unknown }) => Number(first ?? 50) },
    resolve: async (_, { service, first, offset }, { services }) => [
      ...(await services.heaps.sessions({
        service: service ?? undefined,
        limit: limited(first),
        offset: Math.max(0, offset),
      })),
    ],
  }),
);

builder.queryField('heapSummary', (t) =>
  t.field({
    type: HeapSummaryType,
    ...failsAlone,
    description: 'What a snapshot holds. Read the first time, kept from then on.',
    authScopes: { role: 'OPERATOR' },
    args: { id: t.arg.id({ required: true, description: 'The snapshot.' }) },
    resolve: (_, { id }, { services, askers }) => services.heaps.summary(id, askers?.signal),
  }),
);

builder.queryField('heapDiff', (t) =>
  t.field({
    type: HeapDiffType,
    ...failsAlone,
    description: 'What changed from one snapshot to another. Compared the first time, kept from then on.',
    authScopes: { role: 'OPERATOR' },
    args: {
      before: t.arg.id({ required: true, description: 'The earlier snapshot.' }),
      after: t.arg.id({ required: true, description: 'The later one.' }),
    },
    resolve: (_, { before, after }, { services, askers }) => services.heaps.diff(before, after, askers?.signal),
  }),
);

builder.queryField('heapObjects', (t) =>
  t.field({
    type: [HeapObjectType],
    ...failsAlone,
    description: 'Objects of a class, those that keep most alive first.',
    authScopes: { role: 'OPERATOR' },
    args: {
      id: t.arg.id({ required: true, description: 'The snapshot.' }),
      classKey: t.arg.string({ required: true, description: 'Key of the class.' }),
      first: t.arg.int({ required: true, defaultValue: 50, description: 'How many, 1 to 500.' }),
    },
    extensions: { pageLength: ({ first }: { first?: unknown }) => Number(first ?? 50) },
    resolve: async (_, { id, classKey, first }, { services, askers }) => [
      ...(await services.heaps.objects(id, classKey, limited(first), askers?.signal)),
    ],
  }),
);

builder.queryField('heapRetainers', (t) =>
  t.field({
    type: [HeapObjectType],
    ...failsAlone,
    description: 'What leads to an object, the largest first.',
    authScopes: { role: 'OPERATOR' },
    args: {
      id: t.arg.id({ required: true, description: 'The snapshot.' }),
      node: t.arg.int({ required: true, description: 'The object’s number.' }),
      first: t.arg.int({ required: true, defaultValue: 50, description: 'How many, 1 to 500.' }),
    },
    extensions: { pageLength: ({ first }: { first?: unknown }) => Number(first ?? 50) },
    resolve: async (_, { id, node, first }, { services, askers }) => [
      ...(await services.heaps.retainers(id, node, limited(first), askers?.signal)),
    ],
  }),
);

builder.queryField('heapPath', (t) =>
  t.field({
    type: [HeapObjectType],
    ...failsAlone,
    description: 'The shortest way from a root to an object, the object last.',
    authScopes: { role: 'OPERATOR' },
    args: {
      id: t.arg.id({ required: true, description: 'The snapshot.' }),
      node: t.arg.int({ required: true, description: 'The object’s number.' }),
    },
    extensions: { length: 100 },
    resolve: async (_, { id, node }, { services, askers }) => [
      ...(await services.heaps.path(id, node, askers?.signal)),
    ],
  }),
);
