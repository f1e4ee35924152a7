import { isRetryable } from '../../domain/error-catalogue.ts';
import type { ErrorShape } from '../../domain/memoir-error.ts';
import { builder } from '../builder.ts';
import { ErrorCodeEnum } from '../enums.ts';

/** What every failure that is data says of itself. */
export const Problem = builder.interfaceRef<Pick<ErrorShape, 'code' | 'message' | 'hint'>>('Problem').implement({
  description: 'A failure that a program can act on.',
  fields: (t) => ({
    code: t.expose('code', { type: ErrorCodeEnum, description: 'Stable error code, for programs.' }),
    message: t.exposeString('message', { description: 'Description of the error.' }),
    hint: t.exposeString('hint', { description: 'How to fix it.' }),
    retryable: t.boolean({
      description: 'Whether the same request may succeed later although nobody changed anything.',
      resolve: ({ code }) => isRetryable(code),
    }),
  }),
});

export const MutationErrorType = builder.objectRef<ErrorShape>('MutationError').implement({
  description: 'Why a mutation did not do what was requested.',
  interfaces: [Problem],
});
