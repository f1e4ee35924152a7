import type { Schedule } from '../../schedules/schedule.ts';
import { builder, failsAlone } from '../builder.ts';
import { attempt, payloadType } from '../payload.ts';
import { draftOf, ScheduleInput } from '../schedule-input.ts';
import { ScheduleType } from '../types/schedule.ts';

type Draft = typeof ScheduleInput.$inferInput;

const SchedulePayload = payloadType<{ readonly schedule: Schedule }>(
  'SchedulePayload',
  'Result of the request.',
  (t) => ({
    schedule: t.expose('schedule', { type: ScheduleType, nullable: true, description: 'The schedule as it is now.' }),
  }),
);

const inputArg = { type: ScheduleInput, required: true, description: 'All of it.' } as const;
const idArg = { required: true, description: 'The schedule’s id.' } as const;

builder.mutationField('createSchedule', (t) =>
  t.field({
    type: SchedulePayload,
    ...failsAlone,
    description: 'Creates a schedule; it starts with its next due time.',
    args: { input: t.arg(inputArg) },
    resolve: attempt(async ({ input }: { input: Draft }, { services, actor }) => ({
      schedule: await services.schedules.create(draftOf(input), actor.name),
    })),
  }),
);

builder.mutationField('updateSchedule', (t) =>
  t.field({
    type: SchedulePayload,
    ...failsAlone,
    description: 'Replaces all of a schedule; it continues with the next due time of the new settings.',
    args: { id: t.arg.id(idArg), input: t.arg(inputArg) },
    resolve: attempt(async ({ id, input }: { id: string; input: Draft }, { services }) => ({
      schedule: await services.schedules.change(id, draftOf(input)),
    })),
  }),
);

builder.mutationField('pauseSchedule', (t) =>
  t.field({
    type: SchedulePayload,
    ...failsAlone,
    description: 'Pauses a schedule: queued runs are cancelled, running ones continue. Idempotent.',
    args: { id: t.arg.id(idArg) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => ({
      schedule: await services.schedules.pause(id),
    })),
  }),
);

builder.mutationField('resumeSchedule', (t) =>
  t.field({
    type: SchedulePayload,
    ...failsAlone,
    description: 'Resumes a schedule with its next due time: those that passed meanwhile do not count as missed.',
    args: { id: t.arg.id(idArg) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => ({
      schedule: await services.schedules.resume(id),
    })),
  }),
);

builder.mutationField('deleteSchedule', (t) =>
  t.field({
    type: SchedulePayload,
    ...failsAlone,
    description: 'Deletes a schedule with its list of runs; dumps that it started go on, and all of them are kept.',
    args: { id: t.arg.id(idArg) },
    resolve: attempt(async ({ id }: { id: string }, { services }) => ({
      schedule: await services.schedules.remove(id),
    })),
  }),
);
