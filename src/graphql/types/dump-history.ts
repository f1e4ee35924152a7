import { artifactSubject, verifyKind } from '../../dumps/dumps.ts';
import { builder } from '../builder.ts';
import { DumpType } from './dump.ts';
import { OperationEventType } from './operation-event.ts';
import { VerificationType } from './operation-types.ts';

/** More than any dump has: it is queued, started, goes through its stages, ends, and is verified or downloaded now and then. */
const maxEvents = 200;

builder.objectFields(DumpType, (t) => ({
  verification: t.field({
    type: VerificationType,
    nullable: true,
    description: 'Its newest verification, active or finished; null if it was never verified.',
    resolve: async ({ id }, _, { services: { operations } }) => {
      const page = await operations.page({ kind: verifyKind, subjects: [artifactSubject(id)], limit: 1 });
      return page.operations[0] ?? null;
    },
  }),
  events: t.field({
    type: [OperationEventType],
    nullable: true,
    description: 'What the log has of it, oldest first: at most its first 200 events.',
    resolve: async ({ id }, _, { services: { operations } }) => [...(await operations.eventsOf(id, maxEvents))],
  }),
}));
