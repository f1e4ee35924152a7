import type { ErrorShape } from '../../domain/memoir-error.ts';
import { builder } from '../builder.ts';
import { Problem } from './problem.ts';

export const OperationErrorType = builder.objectRef<ErrorShape>('OperationError').implement({
  description: 'Why an operation failed.',
  interfaces: [Problem],
});
