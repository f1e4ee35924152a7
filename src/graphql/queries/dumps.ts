import { isUuid } from '../../domain/id.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { dumpKind, machineSubject } from '../../dumps/dumps.ts';
import type { Operation } from '../../operations/operation.ts';
import { builder, failsAlone } from '../builder.ts';
import { type Connection, connectionType, pageArgs } from '../connection.ts';
import { OperationStateEnum } from '../enums.ts';
import { listOperations } from '../operation-list.ts';
import type { Services } from '../services.ts';
import { asDump, DumpType } from '../types/dump.ts';

const DumpConnection = connectionType<Operation, Connection<Operation>>('Dump', DumpType, 'dumps');

builder.queryField('dumps', (t) =>
  t.field({
    type: DumpConnection,
    ...failsAlone,
    description: 'Dumps in every state, newest first.',
    args: {
      ...pageArgs(t.arg),
      states: t.arg({ type: [OperationStateEnum], description: 'Only dumps in one of these states.' }),
      vm: t.arg.string({ description: 'Only dumps of this machine: its name or UUID.' }),
    },
    resolve: async (_, { states, vm, ...args }, { services }) => {
      const subjects = vm == null ? {} : { subjects: [machineSubject(await machineIdOf(services, vm))] };
      const filter = { kind: dumpKind, ...(states == null ? {} : { states }), ...subjects };
      return listOperations(services, 'dumps', filter, args);
    },
  }),
);

builder.queryField('dump', (t) =>
  t.field({
    type: DumpType,
    nullable: true,
    description: 'One dump; null if there is none of that id.',
    args: { id: t.arg.id({ required: true, description: 'The dump’s id.' }) },
    resolve: async (_, { id }, { loaders }) => asDump(await loaders.operation.load(id)),
  }),
);

/** A machine that is gone is still known to the records. */
async function machineIdOf({ hypervisor, records }: Services, vm: string): Promise<string> {
  if (isUuid(vm)) return vm;
  const machine = await hypervisor.find(vm);
  if (machine !== null) return machine.id;
  const newest = { by: 'TIME', direction: 'DESC' } as const;
  const { rows } = await records.page({ filter: { vms: [vm] }, order: newest, limit: 1 });
  if (rows[0] === undefined) throw new MemoirError('NOT_FOUND', `there is no machine ${JSON.stringify(vm)}`);
  return rows[0].record.machineId;
}
