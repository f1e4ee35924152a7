import { builder, failsAlone } from '../builder.ts';
import { TimingInput, timingOf } from '../schedule-input.ts';
import { bounded, ScheduleEventObject, ScheduleType } from '../types/schedule.ts';

builder.queryField('schedules', (t) =>
  t.field({
    type: [ScheduleType],
    ...failsAlone,
    description: 'The schedules, by name.',
    resolve: async (_, __, { services }) => [...(await services.schedules.list())],
  }),
);

builder.queryField('schedule', (t) =>
  t.field({
    type: ScheduleType,
    nullable: true,
    description: 'One schedule; null if there is none.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_, { id }, { services }) => services.schedules.get(id),
  }),
);

builder.queryField('scheduleDueTimes', (t) =>
  t.field({
    type: ['DateTime'],
    ...failsAlone,
    description: 'When this would be due next, before it is saved: BAD_INPUT with the reason if it makes no sense.',
    args: {
      timing: t.arg({ type: TimingInput, required: true, description: 'When.' }),
      first: t.arg.int({ required: true, defaultValue: 10, description: 'How many; at most 100.' }),
    },
    resolve: (_, { timing, first }, { services }) => [...services.schedules.upcoming(timingOf(timing), bounded(first))],
  }),
);

builder.queryField('scheduleEvents', (t) =>
  t.field({
    type: [ScheduleEventObject],
    ...failsAlone,
    description: 'What needs attention: due times that were missed, runs that failed or could not start. Oldest first.',
    args: {
      after: t.arg.int({ required: true, defaultValue: 0, description: 'Only those after this number.' }),
      first: t.arg.int({ required: true, defaultValue: 50, description: 'How many; at most 100.' }),
    },
    resolve: async (_, { after, first }, { services }) => [...(await services.schedules.events(after, bounded(first)))],
  }),
);
