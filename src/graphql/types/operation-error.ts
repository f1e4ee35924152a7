import type { ErrorShape } from '../../domain/memoir-error.ts';
import { builder } from '../builder.ts';
import { ErrorCodeEnum } from '../enums.ts';

export const OperationErrorType = builder.objectRef<ErrorShape>('OperationError').implement({
  description: 'Why an operation ended without a result.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum, description: 'What kind of failure; stable, for programs.' }),
    message: t.exposeString('message', { description: 'What happened, for a person.' }),
    hint: t.exposeString('hint', { description: 'What to do about it.' }),
  }),
});
