import { isTerminal } from '../../domain/operation-state.ts';
import type { LiveOperation } from '../../operations/operations.ts';
import { builder } from '../builder.ts';
import { OperationStateEnum } from '../enums.ts';
import { OperationInterface } from './operation.ts';
import { ProgressType, progressOf } from './progress.ts';

export const OperationProgressType = builder.objectRef<LiveOperation>('OperationProgress').implement({
  description:
    'An operation as it stands at the moment of the message. Between two messages only ticks may be left out.',
  fields: (t) => ({
    operation: t.field({ type: OperationInterface, description: 'The operation.', resolve: (live) => live.operation }),
    id: t.id({ description: 'The operation’s id.', resolve: (live) => live.operation.id }),
    state: t.field({
      type: OperationStateEnum,
      description: 'State.',
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
    final: t.boolean({
      description: 'True for the last message about this operation.',
      resolve: (live) => isTerminal(live.operation.state),
    }),
  }),
});
