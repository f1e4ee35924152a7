import { mapStream } from '../../async/map-stream.ts';
import { isUuid } from '../../domain/id.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { dumpKind, machineSubject } from '../../dumps/dumps.ts';
import { builder } from '../builder.ts';
import type { RequestContext } from '../context.ts';
import { OperationKindEnum } from '../enums.ts';
import { kindNameOf } from '../operation-kinds.ts';
import type { Services } from '../services.ts';
import { DumpProgressType } from '../types/dump-progress.ts';
import { OperationProgressType } from '../types/operation-progress.ts';

/** Most names or ids of one subscription. */
const maxNamed = 1000;

const DumpSelection = builder.inputType('DumpSelection', {
  description: 'Which dumps are meant.',
  isOneOf: true,
  fields: (t) => ({
    machines: t.stringList({ description: 'Those of these machines, now and later: names or UUIDs, 1 to 1000.' }),
    ids: t.idList({ description: 'These, 1 to 1000.' }),
  }),
});

builder.subscriptionField('dumpProgress', (t) =>
  t.field({
    type: DumpProgressType,
    description:
      'First the current state of the dumps, then every change: ticks as fast as they are read, and always the end. Without arguments, all dumps. Asked for by ids, it ends by itself when all of them are over.',
    args: {
      of: t.arg({ type: DumpSelection, description: 'Which dumps; all of them if absent.' }),
      vms: t.arg.stringList({
        description: 'Only dumps of these machines, now and later: names or UUIDs, 1 to 1000.',
        deprecationReason: 'Use of: { machines: […] }.',
      }),
      ids: t.arg.idList({
        description: 'Only these dumps, 1 to 1000. Excludes `vms`.',
        deprecationReason: 'Use of: { ids: […] }.',
      }),
    },
    subscribe: async (_, { of, ...older }, context) => {
      if (of != null && (older.vms != null || older.ids != null))
        throw new MemoirError('BAD_INPUT', 'give either `of` or one of the older `vms` and `ids`');
      const { vms, ids } = of == null ? older : { vms: of.machines, ids: of.ids };
      if (vms != null && ids != null) throw new MemoirError('BAD_INPUT', 'vms and ids exclude each other');
      const { operations, hypervisor } = context.services;
      if (ids != null) return operations.watchProgress({ ids: await checkedIds(context, ids, dumpKind) });
      if (vms == null) return operations.watchProgress({ kind: dumpKind });
      const names = checked('vms', vms);
      const subjects = (await machineIds(hypervisor, names)).map(machineSubject);
      return operations.watchProgress({ kind: dumpKind, subjects });
    },
    resolve: (live) => live,
  }),
);

builder.subscriptionField('operationProgress', (t) =>
  t.field({
    type: OperationProgressType,
    description: 'The same for operations of every kind. With `ids` it ends by itself when all of them are over.',
    args: {
      ids: t.arg.idList({ description: 'Only these operations, 1 to 1000.' }),
      kinds: t.arg({ type: [OperationKindEnum], description: 'Only operations of these kinds.' }),
    },
    subscribe: async (_, { ids, kinds }, context) => {
      const wanted = kinds == null ? undefined : new Set<string>(checked('kinds', kinds));
      const query = ids == null ? {} : { ids: await checkedIds(context, ids) };
      const stream = await context.services.operations.watchProgress(query);
      return wanted === undefined
        ? stream
        : mapStream(stream, (live) => (wanted.has(kindNameOf(live.operation.kind)) ? live : undefined));
    },
    resolve: (live) => live,
  }),
);

function checked(argument: string, values: readonly string[]): readonly string[] {
  if (values.length >= 1 && values.length <= maxNamed) return values;
  throw new MemoirError('BAD_INPUT', `${argument} must have 1 to ${maxNamed} entries, not ${values.length}`);
}

/** Each must be there, and of the kind if one is asked for. */
async function checkedIds({ loaders }: RequestContext, ids: readonly string[], kind?: string) {
  const found = await loaders.operation.loadMany(checked('ids', ids));
  found.forEach((operation, index) => {
    if (operation instanceof Error) throw operation;
    if (operation !== null && (kind === undefined || operation.kind === kind)) return;
    const thing = kind === dumpKind ? 'dump' : 'operation';
    throw new MemoirError('NOT_FOUND', `there is no ${thing} ${JSON.stringify(ids[index])}`);
  });
  return ids;
}

async function machineIds(hypervisor: Services['hypervisor'], names: readonly string[]): Promise<string[]> {
  if (names.every(isUuid)) return [...names];
  const machines = await hypervisor.list();
  return names.map((name) => {
    const machine = machines.find(({ id }) => id === name) ?? machines.find((other) => other.name === name);
    if (machine !== undefined) return machine.id;
    if (isUuid(name)) return name;
    throw new MemoirError('NOT_FOUND', `there is no machine ${JSON.stringify(name)}`);
  });
}
