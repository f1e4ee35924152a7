import type { DiffRow, HeapDiff } from '../../heaps/analysis/diff.ts';
import type { HeapObject } from '../../heaps/analysis/object-list.ts';
import type { ClassRow, HeapSummary, RepeatedString } from '../../heaps/analysis/summary.ts';
import type { LeakSuspect, PathStep } from '../../heaps/analysis/suspects.ts';
import { builder } from '../builder.ts';

export const HeapClassType = builder.objectRef<ClassRow>('HeapClass').implement({
  description: 'Objects of one constructor, at one place of one script.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'For `heapObjects`.' }),
    name: t.exposeString('name', { description: 'The constructor; in parentheses what V8 itself makes.' }),
    script: t.exposeString('script', { nullable: true, description: 'The script that has it.' }),
    line: t.exposeInt('line', { nullable: true, description: 'Its line.' }),
    count: t.exposeInt('count', { description: 'How many objects.' }),
    selfBytes: t.expose('selfBytes', { type: 'ByteCount', description: 'Their own size.' }),
    retainedBytes: t.expose('retainedBytes', { type: 'ByteCount', description: 'What they keep alive in all.' }),
  }),
});

const RepeatedStringType = builder.objectRef<RepeatedString>('RepeatedString').implement({
  description: 'A text that the heap has more than once.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'Its beginning.' }),
    count: t.exposeInt('count', { description: 'How many times.' }),
    bytes: t.expose('bytes', { type: 'ByteCount', description: 'All of them together.' }),
  }),
});

export const HeapSummaryType = builder.objectRef<HeapSummary>('HeapSummary').implement({
  description: 'What a snapshot holds.',
  fields: (t) => ({
    nodeCount: t.exposeInt('nodeCount', { description: 'Objects.' }),
    edgeCount: t.exposeInt('edgeCount', { description: 'References between them.' }),
    totalBytes: t.expose('totalBytes', { type: 'ByteCount', description: 'All of it.' }),
    classes: t.field({
      type: [HeapClassType],
      description: 'By retained size, the largest first.',
      args: {
        search: t.arg.string({ description: 'Only classes with this in their name or script.' }),
        first: t.arg.int({ required: true, defaultValue: 50, description: 'How many, 1 to 1000.' }),
        offset: t.arg.int({ required: true, defaultValue: 0, description: 'After how many.' }),
      },
      extensions: { pageLength: ({ first }: { first?: unknown }) => Number(first ?? 50) },
      resolve: ({ classes }, { search, first, offset }) => select(classes, search ?? '', first, offset),
    }),
    repeatedStrings: t.field({
      type: [RepeatedStringType],
      description: 'The 100 texts whose repetitions take most.',
      resolve: ({ repeatedStrings }) => [...repeatedStrings],
    }),
  }),
});

const HeapDiffRowType = builder.objectRef<DiffRow>('HeapDiffRow').implement({
  description: 'How one class changed.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'For `heapObjects` of the later snapshot.' }),
    name: t.exposeString('name', { description: 'The constructor.' }),
    script: t.exposeString('script', { nullable: true, description: 'The script that has it.' }),
    line: t.exposeInt('line', { nullable: true, description: 'Its line.' }),
    beforeCount: t.exposeInt('beforeCount', { description: 'Objects before.' }),
    afterCount: t.exposeInt('afterCount', { description: 'Objects after.' }),
    newCount: t.exposeInt('newCount', { description: 'Objects that were not there before.' }),
    goneCount: t.exposeInt('goneCount', { description: 'Objects that are no longer there.' }),
    beforeBytes: t.expose('beforeBytes', { type: 'ByteCount', description: 'Their own size before.' }),
    afterBytes: t.expose('afterBytes', { type: 'ByteCount', description: 'Their own size after.' }),
    deltaBytes: t.exposeFloat('deltaBytes', { description: 'The difference in bytes; negative if it shrank.' }),
    retainedBytes: t.expose('retainedBytes', { type: 'ByteCount', description: 'What they keep alive after.' }),
  }),
});

const PathStepType = builder.objectRef<PathStep>('HeapPathStep').implement({
  description: 'A step on the way from a root to an object.',
  fields: (t) => ({
    edge: t.exposeString('edge', { description: 'The property, element or variable that leads here.' }),
    name: t.exposeString('name', { description: 'What is here.' }),
    node: t.exposeInt('node', { description: 'Its number in the snapshot, for `heapRetainers`.' }),
  }),
});

const LeakSuspectType = builder.objectRef<LeakSuspect>('LeakSuspect').implement({
  description: 'A place where new objects accumulate.',
  fields: (t) => ({
    sentence: t.exposeString('sentence', { description: 'All of it in one sentence.' }),
    name: t.exposeString('name', { description: 'The class of most of the new objects.' }),
    script: t.exposeString('script', { nullable: true, description: 'The script of that class.' }),
    line: t.exposeInt('line', { nullable: true, description: 'Its line.' }),
    count: t.exposeInt('count', { description: 'How many of that class are new there.' }),
    bytes: t.expose('bytes', { type: 'ByteCount', description: 'All that is new there.' }),
    holder: t.exposeString('holder', { description: 'What holds them.' }),
    path: t.field({
      type: [PathStepType],
      description: 'The way from a root to what holds them.',
      extensions: { length: 40 },
      resolve: ({ path }) => [...path],
    }),
  }),
});

const HeapClassOrderEnum = builder.enumType('HeapClassOrder', {
  description: 'What classes of a comparison can be sorted by.',
  values: {
    NAME: { description: 'The name.' },
    NEW: { description: 'How many objects are new.' },
    GONE: { description: 'How many are gone.' },
    COUNT: { description: 'How many there are in the later snapshot.' },
    DELTA: { description: 'How much more, or less, they take.' },
    RETAINED: { description: 'What they keep alive.' },
  } as const,
});

const figures: Readonly<Record<Exclude<typeof HeapClassOrderEnum.$inferType, 'NAME'>, (row: DiffRow) => number>> = {
  NEW: ({ newCount }) => newCount,
  GONE: ({ goneCount }) => goneCount,
  COUNT: ({ afterCount }) => afterCount,
  DELTA: ({ deltaBytes }) => deltaBytes,
  RETAINED: ({ retainedBytes }) => retainedBytes,
};

function inOrder(rows: readonly DiffRow[], order: typeof HeapClassOrderEnum.$inferType, ascending: boolean): DiffRow[] {
  const sign = ascending ? 1 : -1;
  if (order === 'NAME') return rows.toSorted((a, b) => sign * a.name.localeCompare(b.name, 'en'));
  const figure = figures[order];
  return rows.toSorted((a, b) => sign * (figure(a) - figure(b)));
}

export const HeapDiffType = builder.objectRef<HeapDiff>('HeapDiff').implement({
  description: 'What changed from one snapshot to another.',
  fields: (t) => ({
    comparedBy: t.exposeString('comparedBy', {
      description: 'IDENTITY: objects were followed, new means new. CLASS: only numbers of objects are compared.',
    }),
    beforeBytes: t.expose('beforeBytes', { type: 'ByteCount', description: 'The heap before.' }),
    afterBytes: t.expose('afterBytes', { type: 'ByteCount', description: 'The heap after.' }),
    suspects: t.field({
      type: [LeakSuspectType],
      description: 'Where new objects accumulate, the largest growth first.',
      extensions: { length: 10 },
      resolve: ({ suspects }) => [...suspects],
    }),
    totalCount: t.int({
      description: 'How many classes match.',
      args: { search: t.arg.string({ description: 'As for `classes`.' }) },
      resolve: ({ classes }, { search }) => classes.filter(matches(search ?? '')).length,
    }),
    classes: t.field({
      type: [HeapDiffRowType],
      description: 'The classes, what grew most first unless `order` says otherwise.',
      args: {
        order: t.arg({ type: HeapClassOrderEnum, required: true, defaultValue: 'DELTA', description: 'By what.' }),
        ascending: t.arg.boolean({ required: true, defaultValue: false, description: 'The least first.' }),
        search: t.arg.string({ description: 'Only classes with this in their name or script.' }),
        first: t.arg.int({ required: true, defaultValue: 50, description: 'How many, 1 to 1000.' }),
        offset: t.arg.int({ required: true, defaultValue: 0, description: 'After how many.' }),
      },
      extensions: { pageLength: ({ first }: { first?: unknown }) => Number(first ?? 50) },
      resolve: ({ classes }, { search, first, offset, order, ascending }) =>
        select(inOrder(classes, order, ascending), search ?? '', first, offset),
    }),
  }),
});

export const HeapObjectType = builder.objectRef<HeapObject>('HeapObject').implement({
  description: 'One object of a snapshot.',
  fields: (t) => ({
    node: t.exposeInt('node', { description: 'Its number in the snapshot, for further questions.' }),
    objectId: t.exposeInt('id', { description: 'V8’s id, as DevTools shows it.' }),
    name: t.exposeString('name', { description: 'Its class; of a string or function its beginning or name too.' }),
    script: t.exposeString('script', { nullable: true, description: 'The script of its class.' }),
    line: t.exposeInt('line', { nullable: true, description: 'Its line.' }),
    edge: t.exposeString('edge', { nullable: true, description: 'How it leads to the object that was asked about.' }),
    selfBytes: t.expose('selfBytes', { type: 'ByteCount', description: 'Its own size.' }),
    retainedBytes: t.expose('retainedBytes', { type: 'ByteCount', description: 'What it keeps alive.' }),
    retainerCount: t.exposeInt('retainerCount', { description: 'How many references lead to it.' }),
  }),
});

interface Named {
  readonly name: string;
  readonly script: string | null;
}

function matches(search: string): (row: Named) => boolean {
  const wanted = search.toLowerCase();
  return ({ name, script }) => `${name} ${script ?? ''}`.toLowerCase().includes(wanted);
}

function select<T extends Named>(rows: readonly T[], search: string, first: number, offset: number): T[] {
  const found = search === '' ? rows : rows.filter(matches(search));
  const from = Math.max(0, offset);
  return found.slice(from, from + Math.min(Math.max(first, 0), 1000));
}
