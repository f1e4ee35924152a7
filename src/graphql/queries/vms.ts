import { builder, failsAlone } from '../builder.ts';
import { MachineStateEnum } from '../enums.ts';
import { CaptureOptionsType } from '../types/capture-options.ts';
import { VmType } from '../types/vm.ts';

builder.queryField('vms', (t) =>
  t.field({
    type: [VmType],
    ...failsAlone,
    description: 'The machines, by name. HYPERVISOR_UNAVAILABLE while the hypervisor cannot list them.',
    args: {
      state: t.arg({ type: MachineStateEnum, description: 'Only machines in this state.' }),
      search: t.arg.string({ description: 'Only machines whose name, title or vmid has this in it, in any case.' }),
    },
    resolve: async (_, { state, search }, { services }) => {
      const wanted = search?.toLowerCase() ?? '';
      const machines = await services.hypervisor.list();
      return machines.filter(
        (machine) =>
          (state == null || machine.state === state) &&
          [machine.name, machine.title, machine.vmid].some((text) => text?.toLowerCase().includes(wanted)),
      );
    },
  }),
);

builder.queryField('vm', (t) =>
  t.field({
    type: VmType,
    nullable: true,
    description: 'One machine; null if there is none of that name.',
    args: { name: t.arg.string({ required: true, description: 'Its name or UUID.' }) },
    resolve: (_, { name }, { services }) => services.hypervisor.find(name),
  }),
);

builder.queryField('captureOptions', (t) =>
  t.field({
    type: CaptureOptionsType,
    ...failsAlone,
    description: 'Preview of a dump of a machine: methods, expected pause, size. Nothing runs.',
    args: { vm: t.arg.string({ required: true, description: 'Its name or UUID.' }) },
    resolve: (_, { vm }, { services }) => services.dumps.forecast(vm),
  }),
);
