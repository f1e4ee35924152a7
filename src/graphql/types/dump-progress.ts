import { isTerminal } from '../../domain/operation-state.ts';
import type { LiveOperation } from '../../operations/operations.ts';
import { builder } from '../builder.ts';
import { OperationStateEnum } from '../enums.ts';
import { DumpType, guestPauseOf, vmNameOf } from './dump.ts';
import { OperationErrorType } from './operation-error.ts';
import { ProgressType, progressOf } from './progress.ts';

export const DumpProgressType = builder.objectRef<LiveOperation>('DumpProgress').implement({
  description:
    'A dump as it stands at the moment of the message. Between two messages only ticks may be left out, never an end.',
  fields: (t) => ({
    dump: t.field({ type: DumpType, description: 'The dump.', resolve: (live) => live.operation }),
    id: t.id({ description: 'The dump’s id.', resolve: (live) => live.operation.id }),
    vmName: t.string({ description: 'The machine’s name.', resolve: (live) => vmNameOf(live.operation) }),
    state: t.field({
      type: OperationStateEnum,
      description: 'State of the dump.',
      resolve: (live) => live.operation.state,
    }),
    phase: t.string({ nullable: true, description: 'Current phase.', resolve: (live) => live.operation.phase }),
    message: t.string({
      description: 'Status in one sentence.',
      resolve: (live) => live.operation.message,
    }),
    progress: t.field({
      type: ProgressType,
      nullable: true,
      description: 'Progress; null before the first byte.',
      resolve: progressOf,
    }),
    guestPauseMs: t.float({
      nullable: true,
      description: 'How long the guest stood still, in milliseconds; null before the dump is completed.',
      resolve: (live) => guestPauseOf(live.operation),
    }),
    error: t.field({
      type: OperationErrorType,
      nullable: true,
      description: 'Why it failed.',
      resolve: (live) => live.operation.error,
    }),
    final: t.boolean({
      description: 'True for the last message about this dump.',
      resolve: (live) => isTerminal(live.operation.state),
    }),
  }),
});
