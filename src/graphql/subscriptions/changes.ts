import { builder } from '../builder.ts';
import { watchMachines } from '../streams/machine-changes.ts';
import { watchReports } from '../streams/volume-reports.ts';
import { ServiceType } from '../types/service.ts';
import { VmChangeType } from '../types/vm-change.ts';
import { VolumeReportType } from '../types/volume.ts';

builder.subscriptionField('vmChanges', (t) =>
  t.field({
    type: VmChangeType,
    description: 'Changes of machines from now on. Ask for `vms` after subscribing, and nothing is missed.',
    subscribe: (_, __, { services }) => watchMachines(services.hypervisor),
    resolve: (change) => change,
  }),
);

builder.subscriptionField('serviceChanges', (t) =>
  t.field({
    type: ServiceType,
    description: 'The server as it is now, and again whenever something of it changed, at most once a second.',
    subscribe: (_, __, { streams }) => streams.service.watch(),
    resolve: (_, __, { services }) => services,
  }),
);

builder.subscriptionField('volumeReports', (t) =>
  t.field({
    type: VolumeReportType,
    description:
      'Result of the last comparison of the volumes with provider and devices, and of each one from now on. What operations change is in operationEvents.',
    subscribe: (_, __, { services }) => watchReports(services.volumes),
    resolve: (report) => report,
  }),
);
