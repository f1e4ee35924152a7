import type { MachineChange } from '../../machines/machine.ts';
import { builder } from '../builder.ts';
import { VmChangeTypeEnum } from '../enums.ts';
import { VmType } from './vm.ts';

export const VmChangeType = builder.objectRef<MachineChange>('VmChange').implement({
  description: 'What happened to a machine. A reader who is slow gets the latest of each machine, not every one.',
  fields: (t) => ({
    type: t.expose('type', { type: VmChangeTypeEnum, description: 'What happened.' }),
    id: t.id({
      description: 'The machine’s UUID.',
      resolve: (change) => (change.type === 'GONE' ? change.id : change.machine.id),
    }),
    name: t.string({
      description: 'The machine’s name.',
      resolve: (change) => (change.type === 'GONE' ? change.name : change.machine.name),
    }),
    vm: t.field({
      type: VmType,
      nullable: true,
      description: 'The machine after the change; null if it was removed.',
      resolve: (change) => (change.type === 'GONE' ? null : change.machine),
    }),
  }),
});
