import type { Machine } from '../../machines/machine.ts';
import { builder } from '../builder.ts';
import { MachineStateEnum } from '../enums.ts';
import { CaptureOptionsType } from './capture-options.ts';
import { DumpType } from './dump.ts';
import { DumpRecordType } from './dump-record.ts';
import { NodeInterface } from './node.ts';
import { askedPoints, StatsRange, StatsWindow, toSeriesQuery, VmStatsType, VmUsageType } from './vm-stats.ts';

export const VmType = builder.objectRef<Machine>('Vm');

VmType.implement({
  interfaces: [NodeInterface],
  description: 'A machine that can be captured, as the hypervisor shows it now.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The hypervisor’s UUID: stays when the name changes.' }),
    name: t.exposeString('name', { description: 'Display name. Untrusted text.' }),
    vmid: t.exposeString('vmid', {
      nullable: true,
      description: 'The hypervisor’s number of the running instance; null while it is off.',
    }),
    state: t.expose('state', { type: MachineStateEnum, description: 'Its state.' }),
    stateReason: t.exposeString('stateReason', {
      nullable: true,
      description: 'Why it is in that state, in the hypervisor’s words.',
    }),
    title: t.exposeString('title', { nullable: true, description: 'Title, if one is set.' }),
    memoryBytes: t.expose('memoryBytes', { type: 'ByteCount', description: 'How much memory it has.' }),
    vcpus: t.exposeInt('vcpus', { description: 'How many virtual CPUs it has.' }),
    demo: t.boolean({
      description: 'True for a simulated machine with synthetic memory.',
      resolve: (_, __, { services }) => services.hypervisor.kind === 'demo',
    }),
    activeDump: t.field({
      type: DumpType,
      nullable: true,
      description: 'Its dump that is queued or running.',
      resolve: (machine, _, { loaders }) => loaders.activeDump.load(machine.id),
    }),
    lastRecord: t.field({
      type: DumpRecordType,
      nullable: true,
      description: 'The record of its newest finished dump.',
      resolve: (machine, _, { loaders }) => loaders.lastRecord.load(machine.id),
    }),
    usage: t.field({
      type: VmUsageType,
      nullable: true,
      description: 'What it uses now; null while it is off, and when nobody could measure it lately.',
      resolve: (machine, _, { services }) => services.telemetry.latest(machine.id),
    }),
    stats: t.field({
      type: VmStatsType,
      nullable: true,
      description: 'What it used over a range of time; null, with an error, where that cannot be told.',
      args: {
        over: t.arg({ type: StatsWindow, description: 'Which range; the last hour if absent. At most 366 days.' }),
        range: t.arg({
          type: StatsRange,
          description: 'Which range; the last hour if absent. At most 366 days.',
          deprecationReason: 'Use over: { last: … } or over: { between: { … } }.',
        }),
        resolution: t.arg.int({
          description:
            'Seconds of a point: a multiple of 10, above 300 one of 300. At most 1000 points. If absent, the finest that makes no more than 360.',
        }),
      },
      extensions: { cost: 20, pageLength: askedPoints, semanticNonNull: true },
      resolve: (machine, args, { loaders }) =>
        loaders.stats.load({ machineId: machine.id, query: toSeriesQuery(args) }),
    }),
    captureOptions: t.field({
      type: CaptureOptionsType,
      nullable: true,
      description:
        'What a dump of it would be like now; null, with an error, where that cannot be told. Asks the hypervisor for each machine: costly in a long list.',
      extensions: { cost: 300, semanticNonNull: true },
      resolve: (machine, _, { loaders }) => loaders.forecast.load(machine),
    }),
  }),
});
