import type { TargetThread } from '../../heaps/heap-session.ts';
import type { HeapTarget, TargetKind } from '../../heaps/heap-target.ts';
import type { HeapOptions, UnreachablePlace } from '../../heaps/heaps.ts';
import type { HeapMemory } from '../../heaps/preflight.ts';
import { builder } from '../builder.ts';

export const HeapTargetKindEnum = builder.enumType('HeapTargetKind', {
  description: 'Where Node.js processes are.',
  values: {
    PROCESS: { value: 'process', description: 'This machine.' },
    DOCKER: { value: 'docker', description: 'Containers of the engine of this machine.' },
    K8S: { value: 'kubernetes', description: 'Pods of the cluster of KUBERNETES_CONFIG.' },
  } as const satisfies Record<string, { value: TargetKind; description: string }>,
});

export const HeapTargetType = builder.objectRef<HeapTarget>('HeapTarget').implement({
  description: 'A running Node.js process whose heap can be captured.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names it for as long as it runs.' }),
    kind: t.exposeString('kind', { description: 'Where it runs: process, docker or kubernetes.' }),
    name: t.exposeString('name', { description: 'The container’s name, or the script that runs.' }),
    pid: t.exposeInt('pid', { description: 'Its process id, as its own machine or container counts.' }),
    nodeVersion: t.exposeString('nodeVersion', {
      nullable: true,
      description: 'Version of Node.js, where it is told.',
    }),
    command: t.exposeString('command', { description: 'Program and script, without the arguments.' }),
    container: t.exposeString('container', { nullable: true, description: 'The container that it runs in, if any.' }),
    obstacle: t.exposeString('obstacle', { nullable: true, description: 'Why it cannot be captured now, if so.' }),
  }),
});

const UnreachablePlaceType = builder.objectRef<UnreachablePlace>('UnreachablePlace').implement({
  description: 'A place that could not be asked for its processes.',
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'Which: process, docker or kubernetes.' }),
    reason: t.exposeString('reason', { description: 'Why it could not be asked.' }),
  }),
});

interface Targets {
  readonly targets: readonly HeapTarget[];
  readonly unreachable: readonly UnreachablePlace[];
}

export const HeapTargetsType = builder.objectRef<Targets>('HeapTargets').implement({
  description: 'The Node.js processes that this server reaches.',
  fields: (t) => ({
    targets: t.field({ type: [HeapTargetType], description: 'The processes.', resolve: ({ targets }) => [...targets] }),
    unreachable: t.field({
      type: [UnreachablePlaceType],
      description: 'Places that could not be asked.',
      extensions: { length: 3 },
      resolve: ({ unreachable }) => [...unreachable],
    }),
  }),
});

const HeapMemoryType = builder.objectRef<HeapMemory>('HeapMemory').implement({
  description: 'Where the memory of a process is. A snapshot holds the heap only.',
  fields: (t) => ({
    usedHeapBytes: t.expose('usedHeapBytes', { type: 'ByteCount', description: 'Objects of JavaScript.' }),
    heapLimitBytes: t.expose('heapLimitBytes', { type: 'ByteCount', description: 'What the heap may grow to.' }),
    rssBytes: t.expose('rssBytes', { type: 'ByteCount', description: 'All that the process has in memory.' }),
    externalBytes: t.expose('externalBytes', {
      type: 'ByteCount',
      description: 'Memory outside of the heap that its objects hold, array buffers included.',
    }),
    arrayBuffersBytes: t.expose('arrayBuffersBytes', { type: 'ByteCount', description: 'Buffers.' }),
  }),
});

const TargetThreadType = builder.objectRef<TargetThread>('TargetThread').implement({
  description: 'A worker thread, which has a heap of its own.',
  fields: (t) => ({
    id: t.exposeString('id', { description: 'For `thread` of a capture.' }),
    title: t.exposeString('title', { description: 'What it is called.' }),
  }),
});

export const HeapOptionsType = builder.objectRef<HeapOptions>('HeapOptions').implement({
  description: 'What a capture would mean for a process.',
  fields: (t) => ({
    target: t.field({ type: HeapTargetType, description: 'The process.', resolve: ({ target }) => target }),
    memory: t.field({ type: HeapMemoryType, description: 'Where its memory is.', resolve: ({ memory }) => memory }),
    threads: t.field({
      type: [TargetThreadType],
      description: 'Its worker threads.',
      resolve: ({ threads }) => [...threads],
    }),
    neededBytes: t.expose('neededBytes', { type: 'ByteCount', description: 'What a snapshot may need beside it.' }),
    availableBytes: t.expose('availableBytes', {
      type: 'ByteCount',
      nullable: true,
      description: 'What the tightest limit leaves; null if there is none.',
    }),
    limitedBy: t.exposeString('limitedBy', { nullable: true, description: 'That limit: cgroup or machine.' }),
    enough: t.exposeBoolean('enough', { description: 'Whether it fits. If not, only `force` captures it.' }),
    expectedStallMs: t.exposeFloat('expectedStallMs', {
      description: 'How many milliseconds the process will not answer, at least.',
    }),
    expectedSizeBytes: t.expose('expectedSizeBytes', { type: 'ByteCount', description: 'About the size of the file.' }),
    warnings: t.exposeStringList('warnings', {
      description: 'What to know before, in sentences.',
      extensions: { length: 4 },
    }),
  }),
});
