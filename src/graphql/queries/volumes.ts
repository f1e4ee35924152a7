import { builder, failsAlone } from '../builder.ts';
import { VolumeStateEnum } from '../enums.ts';
import { VolumeDeviceType, VolumeProviderType, VolumeReportType, VolumeType } from '../types/volume.ts';

builder.queryField('volumes', (t) =>
  t.field({
    type: [VolumeType],
    ...failsAlone,
    description: 'The volumes, by name.',
    args: {
      state: t.arg({ type: VolumeStateEnum, description: 'Only volumes in this state.' }),
      vm: t.arg.string({ description: 'Only volumes of this machine: its name or UUID.' }),
    },
    resolve: async (_, { state, vm }, { services }) =>
      (await services.volumes.list()).filter(
        ({ state: is, attachment }) =>
          (state == null || is === state) &&
          (vm == null || attachment?.machineId === vm || attachment?.machineName === vm),
      ),
  }),
);

builder.queryField('volume', (t) =>
  t.field({
    type: VolumeType,
    nullable: true,
    description: 'One volume; null if there is none.',
    args: { volume: t.arg.string({ required: true, description: 'Its name or UUID.' }) },
    resolve: (_, { volume }, { services }) => services.volumes.get(volume),
  }),
);

builder.queryField('volumeDevice', (t) =>
  t.field({
    type: VolumeDeviceType,
    ...failsAlone,
    description:
      'The device of an attached volume, read from this host’s devices and verified by this query: DEVICE_MISSING, DEVICE_AMBIGUOUS or DEVICE_CHANGED if it is not certain.',
    args: { volume: t.arg.string({ required: true, description: 'Its name or UUID.' }) },
    resolve: (_, { volume }, { services }) => services.volumes.device(volume),
  }),
);

builder.queryField('volumeReport', (t) =>
  t.field({
    type: VolumeReportType,
    nullable: true,
    description: 'Result of the last comparison of the catalogue with provider and devices; null before the first one.',
    resolve: (_, __, { services }) => services.volumes.lastReport,
  }),
);

builder.queryField('volumeProvider', (t) =>
  t.field({
    type: VolumeProviderType,
    ...failsAlone,
    description: 'Where this server’s volumes are kept.',
    resolve: (_, __, { services }) => services.volumes,
  }),
);
